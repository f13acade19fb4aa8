import { type Selectable, sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { storableText } from "../db/storable-json.ts";

export const RUN_OUTCOMES = ["running", "started", "unchanged", "failed", "skipped", "missed"] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What came of one time of a schedule. */
export interface StoredScheduleRun {
  id: string;
  scheduleId: string;
  /** Null for a run that somebody asked for. */
  tick: Date | null;
  outcome: RunOutcome;
  reason: string;
  version: string | null;
  rollouts: string[];
  /** Of a workflow, or a job. */
  run: string | null;
  actor: string;
  startedAt: Date;
  /** Null while it is being done. */
  finishedAt: Date | null;
}

const stored = ({
  schedule_id,
  started_at,
  finished_at,
  ...row
}: Selectable<Database["schedule_runs"]>): StoredScheduleRun => ({
  ...row,
  scheduleId: schedule_id,
  startedAt: started_at,
  finishedAt: finished_at,
});

export async function insertScheduleRun(db: Db, run: StoredScheduleRun): Promise<StoredScheduleRun> {
  const { scheduleId, rollouts, reason, startedAt, finishedAt, ...values } = run;
  const row = await db
    .insertInto("schedule_runs")
    .values({
      ...values,
      schedule_id: scheduleId,
      reason: storableText(reason),
      rollouts: JSON.stringify(rollouts),
      started_at: startedAt,
      finished_at: finishedAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return stored(row);
}

/** False where somebody else has finished it. */
export async function finishScheduleRun(
  db: Db,
  id: string,
  { outcome, reason, at }: { outcome: RunOutcome; reason: string; at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("schedule_runs")
    .set({ outcome, reason: storableText(reason), finished_at: at })
    .where("id", "=", id)
    .where("outcome", "=", "running")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Runs that were begun and not finished: by a server at this moment, or by one that died. */
export async function unfinishedRuns(db: Db, limit: number): Promise<StoredScheduleRun[]> {
  const query = db.selectFrom("schedule_runs").selectAll().where("outcome", "=", "running");
  return (await query.orderBy("id").limit(limit).execute()).map(stored);
}

export async function findScheduleRun(db: Db, id: string): Promise<StoredScheduleRun | null> {
  const row = await db.selectFrom("schedule_runs").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Runs that are looked at when the next one is to know whether an earlier one still goes on. */
const LOOKED_AT = 50;

/** Recent runs whose rollouts, or whose workflow's run, have not ended. */
export async function openRuns(db: Db, schedule: string): Promise<StoredScheduleRun[]> {
  const { rows } = await sql<Selectable<Database["schedule_runs"]>>`
    with recent as (
      select * from schedule_runs
      where schedule_id = ${schedule} and outcome in ('running', 'started') order by id desc limit ${LOOKED_AT})
    select * from recent r
    where r.outcome = 'running'
      or exists (select from rollouts o where o.active and o.id in (select jsonb_array_elements_text(r.rollouts)))
      or exists (select from workflow_runs w where w.active and w.id = r.run)
    order by id`.execute(db);
  return rows.map(stored);
}

/** The rollouts among these that have not ended. */
export async function activeAmong(db: Db, rollouts: readonly string[]): Promise<string[]> {
  if (rollouts.length === 0) return [];
  const rows = await db
    .selectFrom("rollouts")
    .select("id")
    .where("id", "in", [...rollouts])
    .where("active", "=", true)
    .execute();
  return rows.map((row) => row.id);
}

export interface ScheduleRunFilter {
  schedule: string;
  outcome?: RunOutcome | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listScheduleRuns(db: Db, filter: ScheduleRunFilter): Promise<StoredScheduleRun[]> {
  let query = db.selectFrom("schedule_runs").selectAll().where("schedule_id", "=", filter.schedule);
  if (filter.outcome !== undefined) query = query.where("outcome", "=", filter.outcome);
  if (filter.before !== undefined) query = query.where("id", "<", filter.before);
  return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(stored);
}

/** Forgets runs from before; the unfinished stay. */
export async function forgetOldRuns(db: Db, before: Date): Promise<void> {
  await db.deleteFrom("schedule_runs").where("started_at", "<", before).where("outcome", "<>", "running").execute();
}
