import { type TriggerSpec, triggerSchema } from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredTrigger {
  id: string;
  project: string;
  name: string;
  /** The one environment that its action changes; null: none, or not known beforehand. */
  environment: string | null;
  spec: TriggerSpec;
  enabled: boolean;
  createdAt: Date;
  createdBy: string;
  updatedAt: Date;
}

/** Sealed, each by `aboutSecret`. Apart from the rest, so that nobody shows them by accident. */
export interface TriggerSecrets {
  sealed: string | null;
  previous: string | null;
  previousUntil: Date | null;
}

const COLUMNS = [
  ...(["id", "project", "name", "environment", "spec", "enabled"] as const),
  ...(["created_at", "created_by", "updated_at"] as const),
];

type Row = Pick<Selectable<Database["triggers"]>, (typeof COLUMNS)[number]>;

/** Parsed, so that a field which a later release adds has its default in rows that were written before. */
const stored = ({ spec, created_at, created_by, updated_at, ...row }: Row): StoredTrigger => ({
  ...row,
  spec: triggerSchema.parse(spec),
  createdAt: created_at,
  createdBy: created_by,
  updatedAt: updated_at,
});

/** What the secrets of a trigger are sealed as. */
export const aboutSecret = (id: string): string => `the secret of trigger ${id}`;

export async function findTrigger(db: Db, id: string): Promise<StoredTrigger | null> {
  const row = await db.selectFrom("triggers").select(COLUMNS).where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export async function findTriggerNamed(db: Db, project: string, name: string): Promise<StoredTrigger | null> {
  const row = await db
    .selectFrom("triggers")
    .select(COLUMNS)
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends: a trigger is fired and changed by one after the other. */
export async function lockTrigger(db: Db, id: string): Promise<StoredTrigger | null> {
  const row = await db.selectFrom("triggers").select(COLUMNS).where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export async function secretsOf(db: Db, id: string): Promise<TriggerSecrets> {
  const row = await db
    .selectFrom("triggers")
    .select(["sealed", "previous_sealed as previous", "previous_until as previousUntil"])
    .where("id", "=", id)
    .executeTakeFirst();
  return row ?? { sealed: null, previous: null, previousUntil: null };
}

export interface TriggerFilter {
  project: string;
  /** Only those of this environment; null: of every one. */
  environment: string | null;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listTriggers(db: Db, filter: TriggerFilter): Promise<StoredTrigger[]> {
  let query = db.selectFrom("triggers").select(COLUMNS).where("project", "=", filter.project);
  if (filter.environment !== null) query = query.where("environment", "=", filter.environment);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  return (await query.orderBy("name").limit(filter.limit).execute()).map(stored);
}

export type NewTrigger = Omit<StoredTrigger, "updatedAt"> & { sealed: string | null };

/** False when the project has a trigger of that name already. */
export async function insertTrigger(db: Db, trigger: NewTrigger): Promise<boolean> {
  const { spec, createdAt, createdBy, ...values } = trigger;
  const times = { created_at: createdAt, updated_at: createdAt };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("triggers")
    .values({ ...values, ...times, spec: JSON.stringify(spec), created_by: createdBy })
    .onConflict((conflict) => conflict.columns(["project", "name"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function replaceTrigger(db: Db, trigger: StoredTrigger): Promise<void> {
  const { id, spec, environment, enabled, updatedAt } = trigger;
  await db
    .updateTable("triggers")
    .set({ spec: JSON.stringify(spec), environment, enabled, updated_at: updatedAt })
    .where("id", "=", id)
    .execute();
}

export async function replaceSecrets(
  db: Db,
  id: string,
  { sealed, previous, previousUntil }: TriggerSecrets,
): Promise<void> {
  await db
    .updateTable("triggers")
    .set({ sealed, previous_sealed: previous, previous_until: previousUntil })
    .where("id", "=", id)
    .execute();
}

export async function deleteTrigger(db: Db, id: string): Promise<void> {
  await db.deleteFrom("triggers").where("id", "=", id).execute();
}

export async function countTriggers(db: Db, project: string): Promise<number> {
  const row = await db
    .selectFrom("triggers")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return row.count;
}
