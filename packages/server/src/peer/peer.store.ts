import { type Instant, SluiceError } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

/** A server of this database. */
export interface Peer {
  /** The name of its data folder, for ever. */
  id: string;
  /** Where other servers reach it. */
  url: string;
  /** Where callers reach its gateway; null of an older release. */
  gatewayUrl: string | null;
  host: string | null;
  /** Null: of an older release. */
  version: string | null;
  startedAt: Instant | null;
  seenAt: Instant;
  /** When it said that it stops; null while it runs, or when it was killed. */
  stoppedAt: Instant | null;
  /** Whether it was seen within the last half minute, and has not said that it stops. */
  alive: boolean;
  /** Deployments that no other server looks after. */
  deployments: number;
}

/** What a server says of itself. */
export interface Announcement {
  id: string;
  url: string;
  gatewayUrl: string;
  host: string;
  version: string;
  /** Of the key that it seals with. */
  keyPrint: string;
  startedAt: Date;
}

/** A server that was not seen for so long is taken for gone. Seconds; it says that it lives about every five. */
const GONE_SECONDS = 30;

const ALIVE = sql<boolean>`(n.stopped_at is null and n.seen_at > now() - make_interval(secs => ${sql.lit(GONE_SECONDS)}))`;

/** Writes down that this server is alive, and where it is reached. Answers whether others had missed it. */
export async function announce(db: Db, server: Announcement): Promise<boolean> {
  const { id, url, gatewayUrl, host, version, keyPrint, startedAt } = server;
  const { rows } = await sql<{ missed: boolean }>`
    with before as (select missed_at from workflow_nodes where id = ${id})
    insert into workflow_nodes (id, url, seen_at, gateway_url, host, version, key_print, started_at)
    values (${id}, ${url}, now(), ${gatewayUrl}, ${host}, ${version}, ${keyPrint}, ${startedAt})
    on conflict (id) do update set
      url = excluded.url, seen_at = now(), gateway_url = excluded.gateway_url, host = excluded.host, version = excluded.version,
      key_print = excluded.key_print, started_at = excluded.started_at, stopped_at = null, missed_at = null
    returning exists (select from before where missed_at is not null) as missed`.execute(db);
  return rows[0]?.missed ?? false;
}

/** Writes down that this server stops, by itself and for now. */
export async function leave(db: Db, id: string): Promise<void> {
  await sql`update workflow_nodes set stopped_at = now(), seen_at = now() where id = ${id}`.execute(db);
}

/** Every server that was ever there and was not forgotten, by when it was seen last. */
export async function listPeers(db: Db): Promise<Peer[]> {
  const rows = await db
    .selectFrom("workflow_nodes as n")
    .selectAll("n")
    .select([ALIVE.as("alive"), sql<number>`(select count(*) from deployments where server = n.id)`.as("deployments")])
    .orderBy("alive", "desc")
    .orderBy("n.seen_at", "desc")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    url: row.url,
    gatewayUrl: row.gateway_url,
    host: row.host,
    version: row.version,
    startedAt: row.started_at?.getTime() ?? null,
    seenAt: row.seen_at.getTime(),
    stoppedAt: row.stopped_at?.getTime() ?? null,
    alive: row.alive,
    deployments: row.deployments,
  }));
}

/** Which server has which deployment, `except` its own. */
export async function holdings(db: Db, except: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom("deployments")
    .select(["id", "server"])
    .where("server", "is not", null)
    .where("server", "!=", except)
    .execute();
  return new Map(rows.flatMap(({ id, server }) => (server === null ? [] : [[id, server]])));
}

/** Whether a server of an earlier release was there a moment ago: it may run what is nobody's by the tables. */
export async function othersMayHold(db: Db, self: string): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    select exists (
      select from workflow_nodes
      where id <> ${self} and version is null and seen_at > now() - interval '1 minute') as may`.execute(db);
  return rows[0]?.may ?? false;
}

/** Where a living server is that seals with another key than this one; null when there is none. */
export async function sealsOtherwise(db: Db, self: string, keyPrint: string): Promise<string | null> {
  const row = await db
    .selectFrom("workflow_nodes as n")
    .select("n.url")
    .where("n.id", "!=", self)
    .where("n.key_print", "!=", keyPrint)
    .where(ALIVE)
    .executeTakeFirst();
  return row?.url ?? null;
}

/**
 * Gives what a server that is gone had to all others, and forgets it. Answers the deployments that it had. Throws `not_found`, and
 * `failed_precondition` while it is alive.
 */
export async function forgetPeer(db: Db, id: string): Promise<string[]> {
  const row = await db
    .selectFrom("workflow_nodes as n")
    .select(["n.url", ALIVE.as("alive")])
    .where("n.id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new SluiceError("not_found", `server ${id} does not exist`);
  if (row.alive) {
    throw new SluiceError(
      "failed_precondition",
      `server ${id} at ${row.url} is alive; allowed: one that was stopped, or was not seen for ${GONE_SECONDS} seconds`,
    );
  }
  await db.deleteFrom("workflow_nodes").where("id", "=", id).execute();
  const released = await db
    .updateTable("deployments")
    .set({ server: null })
    .where("server", "=", id)
    .returning("id")
    .execute();
  return released.map((deployment) => deployment.id);
}

export interface Unattended {
  project: string;
  deployment: string;
  name: string;
}

/** Servers that have been gone for a while with deployments of their own, and of which nobody has told; each is answered once. */
export async function missPeers(db: Db): Promise<{ id: string; url: string; host: string | null; seenAt: Date }[]> {
  const { rows } = await sql<{ id: string; url: string; host: string | null; seenAt: Date }>`
    update workflow_nodes n set missed_at = now()
    where not ${ALIVE} and n.missed_at is null and n.seen_at < now() - make_interval(secs => ${GONE_SECONDS})
      and exists (select from deployments where server = n.id)
    returning n.id, n.url, n.host, n.seen_at as "seenAt"`.execute(db);
  return rows;
}

export async function deploymentsOf(db: Kysely<Database> | Db, server: string): Promise<Unattended[]> {
  const rows = await db
    .selectFrom("deployments")
    .select(["project", "id as deployment", "name"])
    .where("server", "=", server)
    .orderBy("id")
    .execute();
  return rows;
}
