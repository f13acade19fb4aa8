import { type Instant, migrationDemand, type Phase, type Rollout } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import { storableJson } from "../../db/storable-json.ts";

export type ActivityKind = "checks" | "gates" | "tests" | "migrations";

/** A phase has at most one kind of long work. Only migrations are of several: each direction is a demand of its own. */
export const ACTIVITY_OF: Readonly<Partial<Record<Phase, ActivityKind>>> = {
  validating: "checks",
  gating: "gates",
  testing: "tests",
  preparing: "migrations",
  monitoring: "migrations",
  rolling_back: "migrations",
};

/** Long work that a rollout asks for. */
export interface Demand {
  kind: ActivityKind;
  /** Grows with every demand of the rollout to have it done anew. */
  demand: number;
}

export const demandOf = (rollout: Rollout, kind: ActivityKind): Demand => {
  if (kind === "checks") return { kind, demand: 1 };
  return { kind, demand: kind === "migrations" ? migrationDemand(rollout) : rollout.attempts[kind] };
};

/** Long work of one rollout as it is on disk. */
export interface StoredActivity extends Demand {
  /** Grows with every begin. */
  attempt: number;
  /** Begins in a row that came to no end. */
  unfinished: number;
  status: "running" | "succeeded" | "failed";
  /** What was found, so far while it runs; null before anything was. */
  result: unknown;
  startedAt: Instant;
  finishedAt: Instant | null;
  /** An evaluation of the candidate was recorded since it began: gates may say something else now. */
  stale: boolean;
}

/** Names one attempt: what it reports counts only as long as it is the latest. */
export interface Attempt {
  rollout: string;
  kind: ActivityKind;
  attempt: number;
}

/**
 * Written in the transaction that decides on the work, before it begins. What runs already is left alone, unless it is for
 * an earlier demand: then it is overtaken, and what it found is dropped.
 */
export async function beginActivity(db: Db, rollout: string, { kind, demand }: Demand, at: Date): Promise<void> {
  await sql`
    insert into activities (rollout_id, kind, demand, status, started_at)
    values (${rollout}, ${kind}, ${demand}, 'running', ${at})
    on conflict (rollout_id, kind) do update set
      status = 'running', demand = excluded.demand, attempt = activities.attempt + 1,
      result = case when activities.demand = excluded.demand then activities.result end,
      unfinished = case when activities.demand = excluded.demand then activities.unfinished else 0 end,
      started_at = excluded.started_at, finished_at = null
    where activities.status <> 'running' or activities.demand < excluded.demand`.execute(db);
}

/**
 * Begins the next attempt, which makes every earlier one obsolete. Null when the work is not wanted any more.
 * `unfinished` counts this one: it is 1 when the last attempt came to an end.
 */
export async function claimActivity(
  db: Db,
  rollout: string,
  kind: ActivityKind,
  at: Date,
): Promise<{ attempt: number; unfinished: number } | null> {
  const { rows } = await sql<{ attempt: number; unfinished: number }>`
    update activities set attempt = attempt + 1, unfinished = unfinished + 1, started_at = ${at},
      -- What a dead attempt had found of its tests is of that attempt; gates keep their last judgement until the next.
      result = case kind when 'tests' then null else result end
    where rollout_id = ${rollout} and kind = ${kind} and status = 'running'
    returning attempt, unfinished`.execute(db);
  return rows[0] ?? null;
}

/** Keeps what was found so far. False when the attempt does not count any more. */
export async function reportActivity(db: Db, attempt: Attempt, result: unknown): Promise<boolean> {
  return update(db, attempt, sql`result = ${storableJson(result)}::jsonb`);
}

/** Keeps what was found, for good. False when the attempt does not count any more. */
export async function finishActivity(db: Db, attempt: Attempt, result: unknown, at: Date): Promise<boolean> {
  return update(
    db,
    attempt,
    sql`result = ${storableJson(result)}::jsonb, status = 'succeeded', unfinished = 0, finished_at = ${at}`,
  );
}

/** The attempt broke; whoever decides may begin another. */
export async function failActivity(db: Db, attempt: Attempt, at: Date): Promise<boolean> {
  return update(db, attempt, sql`status = 'failed', finished_at = ${at}`);
}

/** The attempt is given up because its server stops, which says nothing against the work. */
export async function releaseActivity(db: Db, attempt: Attempt): Promise<boolean> {
  return update(db, attempt, sql`unfinished = greatest(0, unfinished - 1)`);
}

/** Whether the attempt is still the one that counts, for a rollout that is still where it was begun. */
export async function isWanted(db: Db, { rollout, kind, attempt }: Attempt): Promise<boolean> {
  const row = await db
    .selectFrom("activities")
    .innerJoin("rollouts", "rollouts.id", "activities.rollout_id")
    .select("rollouts.phase")
    .where("rollout_id", "=", rollout)
    .where("kind", "=", kind)
    .where("attempt", "=", attempt)
    .where("status", "=", "running")
    .executeTakeFirst();
  return row !== undefined && ACTIVITY_OF[row.phase as Phase] === kind;
}

async function update(db: Db, { rollout, kind, attempt }: Attempt, change: ReturnType<typeof sql>): Promise<boolean> {
  const result = await sql`
    update activities set ${change}
    where rollout_id = ${rollout} and kind = ${kind} and attempt = ${attempt} and status = 'running'`.execute(db);
  return result.numAffectedRows === 1n;
}
