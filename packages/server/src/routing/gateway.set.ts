import { SluiceError } from "@sluice/core";
import type { RemoteGatewayAdmin } from "@sluice/gateway";
import type { Logger } from "pino";
import type { GatewayAddress } from "./gateway.address.ts";
import { createGatewayLink, type ServedLink, type ServedPlane } from "./gateway.link.ts";
import { mergedRoute } from "./merged.route.ts";

/** What is put is written at all that answer; `unavailable` is thrown also when one that seemed to answer did not. */
export interface GatewaySet extends ServedPlane {
  /** Gateways that count: those that answer, and those that were lost a moment ago. */
  size(): number;
  /** Whether any of them answers. */
  answers(): boolean;
  close(): Promise<void>;
}

type GatewayOfSet = Pick<RemoteGatewayAdmin, "putRoute" | "deleteRoute" | "stream" | "admit" | "close">;

interface SetDeps {
  addresses: readonly GatewayAddress[];
  /** Opens the administration at `url`; `serverName` is what its certificate is to be for. */
  connect: (at: { url: string; serverName: string }) => GatewayOfSet;
  /** All addresses of a host's name. Throws when it cannot be resolved. */
  resolve: (host: string) => Promise<string[]>;
  logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  /** Milliseconds after which a gateway that does not answer is taken for gone. */
  goneAfter?: number;
}

interface Member {
  url: string;
  admin: GatewayOfSet;
  link: ServedLink;
  stop: AbortController;
  following: Promise<void>;
  /** Whether the addresses name it still. */
  listed: boolean;
  /** Since when it answers; null while it does not. */
  connectedAt: number | null;
  /** When it answered last; before it ever did, when it was first heard of. */
  answeredAt: number;
  /** Whether it counted at the last look. */
  counted: boolean;
}

const GONE_AFTER = 30_000;
const LOOK_EVERY = 500;
const RESOLVE_EVERY = 5_000;
const AGAIN = 250;
const SETTLE = 3_000;

/**
 * Several gateways as one data plane. Each is followed by a link of its own.
 *
 * - **counts**: it answers, or did a moment ago. What is said of a route is verified only while all of them answer, so a rollout
 *   waits for one that is silent.
 * - **gone**: it said that it ends and has ended, or its name does not resolve to it any more and it does not answer, or it has not
 *   answered for half a minute. The others go on without it. It is still called; when it answers it counts again, and is told
 *   everything anew: whatever it did meanwhile, its epochs are old.
 */
export function createGatewaySet(deps: SetDeps): GatewaySet {
  const { addresses, connect, resolve, logger, now = () => performance.now(), goneAfter = GONE_AFTER } = deps;
  const members = new Map<string, Member>();
  const routeListeners = new Set<(deployment: string) => void>();
  const connectListeners = new Set<() => void>();
  let resolvedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  const counts = ({ link, listed, answeredAt }: Member): boolean =>
    link.connected() || (listed && !link.leaving() && now() - answeredAt < goneAfter);
  const counted = (): Member[] => [...members.values()].filter(counts);
  const answering = (): Member[] => [...members.values()].filter(({ link }) => link.connected());
  const routes = (): string[] => [...new Set(answering().flatMap(({ link }) => link.routes()))];
  const ring = (deployment: string): void => {
    for (const listener of routeListeners) listener(deployment);
  };

  const add = (url: string, serverName: string): void => {
    const admin = connect({ url, serverName });
    const link = createGatewayLink(now);
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await link
          .follow(admin, stop.signal)
          .catch((error: unknown) => logger.debug({ err: error, url }, "no gateway"));
        await pause(AGAIN, stop.signal);
      }
      await admin.close();
    };
    link.onRoute(ring);
    link.onConnect(() => {
      logger.info({ url, gateway: link.name() }, "a gateway answers");
      for (const listener of connectListeners) listener();
    });
    const member = { url, admin, link, stop, listed: true, connectedAt: null, answeredAt: now(), counted: true };
    members.set(url, { ...member, following: follow() });
  };

  const lookUp = async (): Promise<void> => {
    resolvedAt = now();
    const known = new Set<string>();
    for (const address of addresses) {
      const url = new URL(address.url);
      for (const at of await urlsOf(address, url)) {
        known.add(at);
        if (!members.has(at) && !closed) add(at, url.hostname);
      }
    }
    for (const member of members.values()) member.listed = known.has(member.url);
  };

  /** A name that cannot be resolved at the moment still means those that it meant. */
  const urlsOf = async (address: GatewayAddress, url: URL): Promise<string[]> => {
    if (!address.resolves) return [address.url];
    try {
      return (await resolve(url.hostname)).map((ip) => {
        const at = new URL(address.url);
        at.hostname = ip.includes(":") ? `[${ip}]` : ip;
        return at.origin;
      });
    } catch (error) {
      logger.warn({ err: error, name: url.hostname }, "the name of the gateways cannot be resolved");
      return [...members.values()].filter((member) => member.listed).map((member) => member.url);
    }
  };

  /**
   * A new one wants callers when it has every route that those have which do already; where there are none of these, when it had
   * time to be told what there is.
   */
  const admit = async (member: Member): Promise<void> => {
    if (member.link.ready()) return;
    const models = answering().filter(({ link }) => link.ready());
    const knows = ({ link }: Member): boolean =>
      link.routes().every((id) => (member.link.route(id)?.epoch ?? -1) >= (link.route(id)?.epoch ?? 0));
    const had = now() - (member.connectedAt ?? now());
    if (models.length === 0 ? had < SETTLE : !models.every(knows)) return;
    await member.admin.admit().catch((error: unknown) => logger.debug({ err: error, url: member.url }, "not admitted"));
  };

  const look = async (): Promise<void> => {
    if (addresses.some(({ resolves }) => resolves) && now() - resolvedAt >= RESOLVE_EVERY) await lookUp();
    let changed = false;
    for (const member of [...members.values()]) {
      if (member.link.connected()) {
        member.answeredAt = now();
        member.connectedAt ??= now();
        await admit(member);
      } else member.connectedAt = null;
      const counting = counts(member);
      if (counting !== member.counted) {
        changed = true;
        member.counted = counting;
        if (!counting) logger.warn({ url: member.url }, "a gateway is gone; the others go on without it");
      }
      if (counting || member.listed) continue;
      members.delete(member.url);
      member.stop.abort();
    }
    // What was not verified because of it may be now.
    if (changed) for (const deployment of routes()) ring(deployment);
  };

  let looking = lookUp();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_EVERY);

  const tell = async (command: (link: ServedLink) => Promise<void>): Promise<void> => {
    const told = answering();
    if (told.length === 0) throw new SluiceError("unavailable", "no gateway can be reached");
    const results = await Promise.allSettled(told.map(({ link }) => command(link)));
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    // One that has newer words, or refuses these, says more than one that does not answer.
    const worst =
      refusals.find((error) => !(error instanceof SluiceError && error.code === "unavailable")) ?? refusals[0];
    if (worst !== undefined) throw worst;
  };

  return {
    connected: () => {
      const all = counted();
      return all.length > 0 && all.every(({ link }) => link.connected());
    },
    route: (deployment) =>
      mergedRoute(answering().map(({ link, url }) => ({ gateway: link.name() ?? url, route: link.route(deployment) }))),
    routes,
    put: (config) => tell((link) => link.put(config)),
    remove: (deployment) => tell((link) => link.remove(deployment)),
    onRoute(listener) {
      routeListeners.add(listener);
      return () => routeListeners.delete(listener);
    },
    onConnect(listener) {
      connectListeners.add(listener);
      return () => connectListeners.delete(listener);
    },
    size: () => Math.max(1, counted().length),
    answers: () => answering().length > 0,
    async close() {
      closed = true;
      clearInterval(timer);
      await looking;
      for (const { stop } of members.values()) stop.abort();
      await Promise.all([...members.values()].map(({ following }) => following));
    },
  };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
