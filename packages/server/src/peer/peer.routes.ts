import { createHash, timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import { type LogLine, type LogQuery, SluiceError } from "@sluice/core";
import type { FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import type { App } from "../http/app.types.ts";
import { NO_TIMEOUT } from "../http/sse.ts";
import { PEER_PATHS, type PeerSnapshot } from "./peer.live.ts";
import type { Peers } from "./peers.ts";

interface PeerRoutesDeps {
  db: Kysely<Database>;
  /** What this server sees by itself. */
  live: Live;
  peers: Pick<Peers, "self" | "token">;
}

const logQuery = z.object({
  deployment: z.string(),
  revision: z.int().optional(),
  instance: z.string().optional(),
  tail: z.int().optional(),
  from: z.string().optional(),
  follow: z.boolean().optional(),
});

const restart = z.object({ deployment: z.string(), revision: z.int(), fence: z.int() });

/** What the other servers of the database ask of this one: what only it can see and do. Nobody else has their token. */
export function peerRoutes(app: App, { db, live, peers }: PeerRoutesDeps): void {
  const config = { isSigned: () => true, rateLimit: false as const, readsOnly: true };
  const admit = async (request: FastifyRequest): Promise<void> => {
    if (same(request.headers.authorization ?? "", `Bearer ${peers.token}`)) return;
    throw new SluiceError(
      "unauthenticated",
      "only servers of the same database may ask this, with the key that they share",
    );
  };
  const shared = { config, onRequest: admit };

  app.get(PEER_PATHS.live, { ...shared, schema: { hide: true } }, async (): Promise<PeerSnapshot> => {
    const rows = await db.selectFrom("deployments").select("id").where("server", "=", peers.self).execute();
    const seen = await Promise.all(
      rows.map(async ({ id }) => [id, { statuses: await live.observe(id), route: live.route(id) }] as const),
    );
    return Object.fromEntries(seen);
  });

  app.post(
    PEER_PATHS.logs,
    { ...shared, handlerTimeout: NO_TIMEOUT, schema: { hide: true, body: logQuery } },
    async (request, reply) => {
      const left = new AbortController();
      reply.raw.once("close", () => left.abort());
      const signal = AbortSignal.any([left.signal, request.server.stopping]);
      // Options that were left out are absent, not undefined.
      const query = JSON.parse(JSON.stringify(request.body)) as Omit<LogQuery, "signal">;
      const lines = Readable.from(ndjson(live.logs({ ...query, signal })), { objectMode: false });
      return reply.type("application/x-ndjson").send(lines);
    },
  );

  app.post(PEER_PATHS.restart, { ...shared, schema: { hide: true, body: restart } }, async ({ body }, reply) => {
    await live.restart(body);
    return reply.code(204).send();
  });
}

async function* ndjson(lines: AsyncIterable<LogLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

/** In the same time, whatever is given. */
function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
