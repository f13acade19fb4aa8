import { digestOf, invalidField, SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Database } from "../db/schema.ts";
import type { App } from "./app.types.ts";

const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Answers are kept this long; a caller that repeats itself later is told nothing it did not know. */
const KEEP = "24 hours";
const SWEEP_EVERY = 3_600_000;

/**
 * Makes every write repeatable through the header `Idempotency-Key`: the same key and request get the same answer, also
 * at the same time and after a crash. The key, the change and the answer are committed in one transaction, which the
 * handler's own queries join: there is no moment at which one is on disk without the others. A request that fails
 * changes nothing and leaves its key unused.
 */
export function makeWritesIdempotent(app: App, db: Kysely<Database>): void {
  app.addHook("onRoute", (route) => {
    if (![route.method].flat().some((method) => WRITES.has(method))) return;
    const { ownDeliveries, readsOnly, repeatable } = route.config ?? {};
    if (ownDeliveries === true || readsOnly === true || repeatable === true) return;
    const { handler } = route;
    const isSecret = route.config?.secretAnswer === true;
    route.handler = async function (request, reply) {
      const key = keyOf(request);
      if (key === null) return handler.call(this, request, reply);
      const text = await inAmbientTransaction(db, () =>
        once(db, { request, reply, key, isSecret }, handler.bind(this)),
      );
      return text === null ? reply.send() : reply.type("application/json; charset=utf-8").send(text);
    };
  });
  const sweep = setInterval(
    () => forgetOldKeys(db).catch((err) => app.log.warn({ err }, "old keys stay")),
    SWEEP_EVERY,
  );
  sweep.unref();
  app.addHook("onClose", async () => clearInterval(sweep));
}

interface Attempt {
  request: FastifyRequest;
  reply: FastifyReply;
  key: string;
  isSecret: boolean;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** The answer's JSON, from the handler or from before; null for an answer without a body. */
async function once(db: Kysely<Database>, attempt: Attempt, handler: Handler): Promise<string | null> {
  const { request, reply, key, isSecret } = attempt;
  const id = { project: request.principal.project ?? "*", actor: request.principal.name, key };
  const hash = digestOf({ method: request.method, url: request.url, body: request.body ?? null });
  // Waits for a request with the same key that is under way.
  const inserted = await db
    .insertInto("idempotency_keys")
    .values({ ...id, request_hash: hash })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) {
    const before = await db.selectFrom("idempotency_keys").selectAll().where(matches(id)).executeTakeFirstOrThrow();
    if (before.request_hash !== hash) {
      throw new SluiceError("already_exists", `Idempotency-Key ${key} was used for another request; take a new one`);
    }
    if (isSecret || before.status === null) {
      const why = "this request was carried out before, and its answer held a secret that is shown once";
      throw new SluiceError("already_exists", why);
    }
    reply.code(before.status).header("idempotency-replayed", "true");
    return before.body === null ? null : JSON.stringify(before.body);
  }
  const payload = await answerOf(request, reply, handler);
  const text = payload === null ? null : String(reply.serialize(payload));
  await db
    .updateTable("idempotency_keys")
    .set({ status: reply.statusCode, body: isSecret ? null : text })
    .where(matches(id))
    .execute();
  return text;
}

/** What the handler returns or sends, held back: nothing is acknowledged before the commit. */
async function answerOf(request: FastifyRequest, reply: FastifyReply, handler: Handler): Promise<unknown> {
  let sent: unknown;
  const held = {
    send: (payload: unknown) => {
      sent = payload;
      return reply;
    },
    // A reply is awaitable until it is on the wire, which is after the commit.
    // biome-ignore lint/suspicious/noThenProperty: it is hidden here, not added
    then: undefined,
  };
  for (const [name, value] of Object.entries(held)) Object.defineProperty(reply, name, { value, configurable: true });
  try {
    const returned = await handler(request, reply);
    return (returned === reply ? sent : returned) ?? null;
  } finally {
    for (const name of Object.keys(held)) Reflect.deleteProperty(reply, name);
  }
}

const matches =
  (id: { project: string; actor: string; key: string }) => (where: ExpressionBuilder<Database, "idempotency_keys">) =>
    where.and(id);

export function keyOf(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidField("headers.idempotency-key", key, "1 to 255 printable characters of ASCII, without spaces");
  }
  return key;
}

export async function forgetOldKeys(db: Kysely<Database>): Promise<void> {
  await sql`delete from idempotency_keys where created_at < now() - ${KEEP}::interval`.execute(db);
}
