import { type ScheduleSpec, scheduleSchema } from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredSchedule {
  id: string;
  project: string;
  name: string;
  /** The one environment that its action changes; null: not known beforehand. */
  environment: string | null;
  spec: ScheduleSpec;
  paused: boolean;
  /** The first time that nobody has looked at yet; null while paused. */
  nextAt: Date | null;
  createdAt: Date;
  createdBy: string;
  updatedAt: Date;
}

/** Parsed, so that a field which a later release adds has its default in rows that were written before. */
const stored = ({
  spec,
  next_at,
  created_at,
  created_by,
  updated_at,
  ...row
}: Selectable<Database["schedules"]>): StoredSchedule => ({
  ...row,
  spec: scheduleSchema.parse(spec),
  nextAt: next_at,
  createdAt: created_at,
  createdBy: created_by,
  updatedAt: updated_at,
});

export async function findSchedule(db: Db, id: string): Promise<StoredSchedule | null> {
  const row = await db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export async function findScheduleNamed(db: Db, project: string, name: string): Promise<StoredSchedule | null> {
  const row = await db
    .selectFrom("schedules")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends. */
export async function lockSchedule(db: Db, id: string): Promise<StoredSchedule | null> {
  const row = await db.selectFrom("schedules").selectAll().where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same for one that is due; null where it is not any more, or where another server has it at this moment. */
export async function claimDue(db: Db, id: string, now: Date): Promise<(StoredSchedule & { nextAt: Date }) | null> {
  const row = await db
    .selectFrom("schedules")
    .selectAll()
    .where("id", "=", id)
    .where("next_at", "<=", now)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (row === undefined || row.next_at === null) return null;
  return { ...stored(row), nextAt: row.next_at };
}

/** Ids of schedules that are due, the longest due first. */
export async function dueSchedules(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("schedules")
    .select("id")
    .where("next_at", "<=", now)
    .orderBy("next_at")
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** When the next schedule is due; null when none is to come. */
export async function nextDue(db: Db): Promise<Date | null> {
  const row = await db
    .selectFrom("schedules")
    .select("next_at")
    .where("next_at", "is not", null)
    .orderBy("next_at")
    .limit(1)
    .executeTakeFirst();
  return row?.next_at ?? null;
}

export interface ScheduleFilter {
  project: string;
  /** Only those of this environment; null: of every one. */
  environment: string | null;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listSchedules(db: Db, filter: ScheduleFilter): Promise<StoredSchedule[]> {
  let query = db.selectFrom("schedules").selectAll().where("project", "=", filter.project);
  if (filter.environment !== null) query = query.where("environment", "=", filter.environment);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  return (await query.orderBy("name").limit(filter.limit).execute()).map(stored);
}

/** False when the project has a schedule of that name already. */
export async function insertSchedule(db: Db, schedule: StoredSchedule): Promise<boolean> {
  const { spec, nextAt, createdAt, createdBy, updatedAt, ...values } = schedule;
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("schedules")
    .values({
      ...values,
      spec: JSON.stringify(spec),
      next_at: nextAt,
      created_at: createdAt,
      created_by: createdBy,
      updated_at: updatedAt,
    })
    .onConflict((conflict) => conflict.columns(["project", "name"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function replaceSchedule(db: Db, schedule: StoredSchedule): Promise<void> {
  const { id, spec, environment, paused, nextAt, updatedAt } = schedule;
  await db
    .updateTable("schedules")
    .set({ spec: JSON.stringify(spec), environment, paused, next_at: nextAt, updated_at: updatedAt })
    .where("id", "=", id)
    .execute();
}

export async function setNext(db: Db, id: string, next: Date | null): Promise<void> {
  await db.updateTable("schedules").set({ next_at: next }).where("id", "=", id).execute();
}

export async function deleteSchedule(db: Db, id: string): Promise<void> {
  await db.deleteFrom("schedules").where("id", "=", id).execute();
}

export async function countSchedules(db: Db, project: string): Promise<number> {
  const row = await db
    .selectFrom("schedules")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return row.count;
}
