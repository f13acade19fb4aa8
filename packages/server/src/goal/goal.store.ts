import type { GoalState, Instant } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** Requests of one revision that came to one goal. */
export interface GoalCount {
  goal: string;
  revision: number;
  count: number;
}

/** An A/B test under way. */
export interface RunningTest {
  goal: string | null;
  revisions: number[];
  /** Null until its first look. */
  startedAt: Date | null;
}

/** What an A/B test knew when it last judged. */
export interface StoredGoal {
  judge: GoalState;
  /** What the gateway had counted of each arm by then, since it began. */
  counters: { stable: number; candidate: number };
  /** What was counted of the goal for each arm before the test. */
  before: { stable: number; candidate: number };
}

/** Counts are spread over so many rows. */
const PARTS = 8;
const KEPT = "7 days";

/** Remembers keys and answers which were new, each once. */
export async function addKeys(
  db: Db,
  deployment: string,
  keys: readonly { goal: string; key: string }[],
  at: Date,
): Promise<{ goal: string; key: string }[]> {
  if (keys.length === 0) return [];
  // In one order everywhere, so that two reports never wait for each other.
  const sorted = [...keys].sort((left, right) => compare(left.goal, right.goal) || compare(left.key, right.key));
  return db
    .insertInto("goal_keys")
    .values(sorted.map((key) => ({ ...key, deployment_id: deployment, received_at: at })))
    .onConflict((conflict) => conflict.doNothing())
    .returning(["goal", "key"])
    .execute();
}

/** Adds to the counts; `part` picks the rows, at random between 0 and 1, so that reports at the same time seldom meet. */
export async function addCounts(db: Db, deployment: string, counts: readonly GoalCount[], part: number): Promise<void> {
  if (counts.length === 0) return;
  const sorted = [...counts].sort((left, right) => compare(left.goal, right.goal) || left.revision - right.revision);
  await db
    .insertInto("goal_counts")
    .values(sorted.map((count) => ({ ...count, deployment_id: deployment, part: Math.floor(part * PARTS) })))
    .onConflict((conflict) =>
      conflict
        .columns(["deployment_id", "goal", "revision", "part"])
        .doUpdateSet({ count: sql`goal_counts.count + excluded.count` }),
    )
    .execute();
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

export async function knownGoals(db: Db, deployment: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom("goal_counts")
    .select("goal")
    .distinct()
    .where("deployment_id", "=", deployment)
    .execute();
  return new Set(rows.map((row) => row.goal));
}

/** Every count of the deployment with the version of its revision, by goal and revision. */
export async function listCounts(db: Db, deployment: string): Promise<(GoalCount & { version: string })[]> {
  return db
    .selectFrom("goal_counts as c")
    .innerJoin("revisions as r", (join) =>
      join.onRef("r.deployment_id", "=", "c.deployment_id").onRef("r.number", "=", "c.revision"),
    )
    .innerJoin("versions as v", "v.id", "r.version_id")
    .select(["c.goal", "c.revision", "v.version", sql<number>`sum(c.count)::bigint`.as("count")])
    .where("c.deployment_id", "=", deployment)
    .groupBy(["c.goal", "c.revision", "v.version"])
    .orderBy("c.goal")
    .orderBy("c.revision")
    .execute();
}

/** How often a revision came to the goal, by revision; those that never did are left out. */
export async function countsOf(db: Db, deployment: string, goal: string): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom("goal_counts")
    .select(["revision", sql<number>`sum(count)::bigint`.as("count")])
    .where("deployment_id", "=", deployment)
    .where("goal", "=", goal)
    .groupBy("revision")
    .execute();
  return new Map(rows.map((row) => [row.revision, row.count]));
}

/** The revisions of the deployment among these numbers, or with one of these versions. */
export async function revisionsNamed(
  db: Db,
  deployment: string,
  { numbers, versions }: { numbers: readonly number[]; versions: readonly string[] },
): Promise<{ number: number; version: string }[]> {
  return db
    .selectFrom("revisions as r")
    .innerJoin("versions as v", "v.id", "r.version_id")
    .select(["r.number", "v.version"])
    .where("r.deployment_id", "=", deployment)
    .where((eb) => eb.or([eb("r.number", "in", [-1, ...numbers]), eb("v.version", "in", ["", ...versions])]))
    .orderBy("r.number", "desc")
    .execute();
}

export async function runningTest(db: Db, deployment: string): Promise<RunningTest | null> {
  const row = await db
    .selectFrom("rollouts as r")
    .leftJoin("goal_states as g", "g.rollout_id", "r.id")
    .select(["g.started_at as startedAt", sql<string | null>`r.state -> 'strategy' ->> 'goal'`.as("goal")])
    .select([sql<number | null>`(r.state ->> 'fromRevision')::integer`.as("from")])
    .select([sql<number>`(r.state ->> 'toRevision')::integer`.as("to")])
    .where("r.deployment_id", "=", deployment)
    .where("r.active", "=", true)
    .where(sql<boolean>`r.state -> 'strategy' ->> 'type' = 'ab'`)
    .orderBy("r.id")
    .executeTakeFirst();
  if (row === undefined) return null;
  const { goal, startedAt, from, to } = row;
  return { goal, startedAt, revisions: [from, to].filter((revision) => revision !== null) };
}

export async function findGoal(db: Db, rollout: string): Promise<StoredGoal | null> {
  const row = await db.selectFrom("goal_states").select("state").where("rollout_id", "=", rollout).executeTakeFirst();
  return row === undefined ? null : (row.state as StoredGoal);
}

export async function saveGoal(db: Db, rollout: string, goal: StoredGoal, now: Instant): Promise<void> {
  const state = JSON.stringify(goal);
  await db
    .insertInto("goal_states")
    .values({ rollout_id: rollout, started_at: new Date(now), state })
    .onConflict((conflict) => conflict.column("rollout_id").doUpdateSet({ state }))
    .execute();
}

/** Keys that may be used again. */
export async function forgetOldKeys(db: Db): Promise<void> {
  await sql`delete from goal_keys where received_at < now() - ${KEPT}::interval`.execute(db);
}
