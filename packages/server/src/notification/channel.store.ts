import { type Channel, channelSchema } from "@sluice/core";
import { type Expression, type ExpressionBuilder, type Selectable, type SqlBool, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredChannel {
  id: string;
  project: string;
  name: string;
  /** Without its secrets. */
  spec: Channel;
  /** See `openChannel`. */
  sealed: string;
  disabledReason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Parsed, so that a field which a later release adds has its default in rows that were written before. */
const stored = (row: Selectable<Database["notification_channels"]>): StoredChannel => ({
  id: row.id,
  project: row.project,
  name: row.name,
  spec: { ...channelSchema.parse(row.spec), enabled: row.enabled },
  sealed: row.sealed,
  disabledReason: row.disabled_reason,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const named = (key: string, project: string) => (where: ExpressionBuilder<Database, "notification_channels">) =>
  where.and([where("project", "=", project), where.or([where("id", "=", key), where("name", "=", key)])]);

/** By id or name. */
export async function findChannel(db: Db, project: string, key: string): Promise<StoredChannel | null> {
  const row = await db.selectFrom("notification_channels").selectAll().where(named(key, project)).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends. */
export async function lockChannel(db: Db, project: string, key: string): Promise<StoredChannel | null> {
  const row = await db
    .selectFrom("notification_channels")
    .selectAll()
    .where(named(key, project))
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export async function channelById(db: Db, id: string): Promise<StoredChannel | null> {
  const row = await db.selectFrom("notification_channels").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export interface ChannelQuery {
  project: string;
  /** Channels that hear of this environment: its own, and those of every one. */
  environment?: string | undefined;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listChannels(
  db: Db,
  { project, environment, after, limit }: ChannelQuery,
): Promise<StoredChannel[]> {
  let query = db.selectFrom("notification_channels").selectAll().where("project", "=", project);
  if (environment !== undefined) query = query.where(hearsOf(environment));
  if (after !== undefined) query = query.where("name", ">", after);
  return (await query.orderBy("name").limit(limit).execute()).map(stored);
}

const hearsOf = (environment: string): Expression<SqlBool> =>
  sql<SqlBool>`coalesce(spec -> 'filter' ->> 'environment', ${environment}) = ${environment}`;

/** Every channel that is switched on, by project. */
export async function enabledChannels(db: Db): Promise<StoredChannel[]> {
  const rows = await db.selectFrom("notification_channels").selectAll().where("enabled", "=", true).execute();
  return rows.map(stored);
}

export interface ChannelInput {
  id: string;
  project: string;
  name: string;
  spec: Channel;
  sealed: string;
  at: Date;
}

/** False when the project has a channel of that name already; then nothing is changed. */
export async function insertChannel(db: Db, { id, project, name, spec, sealed, at }: ChannelInput): Promise<boolean> {
  const result = await db
    .insertInto("notification_channels")
    .values({
      id,
      project,
      name,
      type: spec.type,
      enabled: spec.enabled,
      spec: JSON.stringify(spec),
      sealed,
      disabled_reason: null,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Whoever changes a channel takes away the reason why it was switched off by itself. */
export async function replaceChannel(
  db: Db,
  id: string,
  { spec, sealed, at }: Pick<ChannelInput, "spec" | "sealed" | "at">,
): Promise<void> {
  await db
    .updateTable("notification_channels")
    .set({
      type: spec.type,
      enabled: spec.enabled,
      spec: JSON.stringify(spec),
      sealed,
      disabled_reason: null,
      updated_at: at,
    })
    .where("id", "=", id)
    .execute();
}

/** Switches off a channel whose receiver wants nothing more. Answers whether it was on. */
export async function disableChannel(db: Db, id: string, reason: string, at: Date): Promise<boolean> {
  const result = await db
    .updateTable("notification_channels")
    .set({ enabled: false, disabled_reason: reason, updated_at: at })
    .where("id", "=", id)
    .where("enabled", "=", true)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteChannel(db: Db, id: string): Promise<void> {
  await db.deleteFrom("notification_channels").where("id", "=", id).execute();
}

/** Channels that one project may have: each event asks all of them. */
export const MAX_CHANNELS = 100;

export async function countChannels(db: Db, project: string): Promise<number> {
  const row = await db
    .selectFrom("notification_channels")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return row.count;
}
