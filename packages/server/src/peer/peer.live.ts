import { type LogLine, type RouteObservation, SluiceError, type WorkloadStatus } from "@sluice/core";
import { Agent, type Dispatcher, request } from "undici";
import type { Live } from "../engine/live.ts";
import type { Peer } from "./peer.store.ts";
import type { Peers } from "./peers.ts";

/** Where a server tells others what only it can see. */
export const PEER_PATHS = { live: "/peer/live", logs: "/peer/logs", restart: "/peer/restart" } as const;

/** What a server sees of the deployments that it has for itself, by their ids. */
export type PeerSnapshot = Record<string, { statuses: WorkloadStatus[]; route: RouteObservation | null }>;

/** Milliseconds that another server may take to answer, and that an answer is good for. */
const PATIENCE = 2_000;
const FRESH = 500;

interface Asked {
  at: number;
  answer: Promise<PeerSnapshot>;
  known: PeerSnapshot;
}

/**
 * The running system as all servers of a database see it together: what another one has for itself is asked of that one. One that
 * does not answer has nothing to show, as a runtime that cannot be asked.
 */
export function createPeerLive(local: Live, peers: Peers, now: () => number): Live & { close(): Promise<void> } {
  const agent = new Agent({ connect: { timeout: PATIENCE } });
  const asked = new Map<string, Asked>();

  const call = async (
    peer: Peer,
    method: "GET" | "POST",
    path: string,
    options: { body?: object; signal?: AbortSignal | undefined; endless?: boolean } = {},
  ): Promise<Dispatcher.ResponseData["body"]> => {
    const { body, signal, endless = false } = options;
    const answer = await request(new URL(path, peer.url), {
      method,
      headers: {
        authorization: `Bearer ${peers.token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      dispatcher: agent,
      headersTimeout: PATIENCE,
      bodyTimeout: endless ? 0 : PATIENCE,
      ...(signal !== undefined && { signal }),
    }).catch((cause: unknown) => {
      throw new SluiceError("unavailable", `the server at ${peer.url} does not answer`, { cause });
    });
    if (answer.statusCode < 300) return answer.body;
    await answer.body.dump();
    throw new SluiceError("unavailable", `the server at ${peer.url} answered ${answer.statusCode}`);
  };

  const snapshotOf = (peer: Peer): Asked => {
    const last = asked.get(peer.id);
    if (last !== undefined && now() - last.at < FRESH) return last;
    const fresh: Asked = {
      at: now(),
      known: last?.known ?? {},
      answer: call(peer, "GET", PEER_PATHS.live).then(
        async (body) => {
          fresh.known = (await body.json()) as PeerSnapshot;
          return fresh.known;
        },
        () => {
          fresh.known = {};
          return fresh.known;
        },
      ),
    };
    asked.set(peer.id, fresh);
    return fresh;
  };

  return {
    ...local,
    async observe(deployment) {
      const peer = peers.holderOf(deployment);
      if (peer === null) return local.observe(deployment);
      return (await snapshotOf(peer).answer)[deployment]?.statuses ?? [];
    },
    route(deployment) {
      const peer = peers.holderOf(deployment);
      return peer === null ? local.route(deployment) : (snapshotOf(peer).known[deployment]?.route ?? null);
    },
    async *logs(query) {
      const peer = peers.holderOf(query.deployment);
      if (peer === null) return yield* local.logs(query);
      const { signal, ...wanted } = query;
      const body = await call(peer, "POST", PEER_PATHS.logs, { body: wanted, signal, endless: true });
      yield* linesOf(body, signal);
    },
    async restart(target) {
      const peer = peers.holderOf(target.deployment);
      if (peer === null) return local.restart(target);
      await (await call(peer, "POST", PEER_PATHS.restart, { body: target })).dump();
    },
    close: () => agent.destroy(),
  };
}

async function* linesOf(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal | undefined,
): AsyncGenerator<LogLine> {
  try {
    let rest = "";
    for await (const chunk of body.setEncoding("utf8")) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as LogLine;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
