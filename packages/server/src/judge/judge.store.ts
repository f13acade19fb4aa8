import {
  type ArtifactKind,
  type EnvironmentSpec,
  environmentSchema,
  type JudgeReport,
  type JudgeSnapshot,
  type Rollout,
  type RouteSettings,
  reviveRollout,
  type Target,
  targetOf,
  targetSchema,
} from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import { storableJson } from "../db/storable-json.ts";
import { targetOfMember } from "../fleet/loaded.members.ts";
import type { ReadingsState } from "./metric.reader.ts";

/** A rollout that is to be judged, and how often its row was written. */
export interface JudgedRow {
  id: string;
  rowVersion: number;
}

/** Everything of the world that a judge of the rollout needs. */
export interface JudgedRollout {
  rollout: Rollout;
  rowVersion: number;
  deploymentName: string;
  kind: ArtifactKind;
  /** Where it runs. */
  target: Target;
  /** Null without a route. */
  route: RouteSettings | null;
  /** Ids of the versions behind the arms. */
  versionIds: { stable: string | null; candidate: string };
}

export interface StoredJudge {
  seq: number;
  snapshot: unknown;
  readings: ReadingsState;
}

/** Candidates serve in these phases: before them nothing is there to judge, after them nothing is left to decide. */
const PHASES = ["shifting", "monitoring"];

/** Reports are in the rollout's own row by the time it ends; states are kept a while longer for people who look. */
const KEPT = "1 hour";

/** Those that `server` sees: of deployments that any server looks after, and of its own; null: there is only one. */
export function judgedRollouts(db: Db, server: string | null): Promise<JudgedRow[]> {
  let query = db
    .selectFrom("rollouts as r")
    .select(["r.id", "r.row_version as rowVersion"])
    .where("r.active", "=", true)
    .where("r.phase", "in", PHASES)
    // Of several targets, each is judged by what it sees itself.
    .where(sql<boolean>`r.state ->> 'waves' is null`);
  if (server !== null) {
    query = query
      .innerJoin("deployments as d", "d.id", "r.deployment_id")
      .where((where) => where.or([where("d.server", "is", null), where("d.server", "=", server)]));
  }
  return query.orderBy("r.id").execute();
}

/** Null when it is not there any more. */
export async function loadJudged(db: Db, id: string): Promise<JudgedRollout | null> {
  const row = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts", "artifacts.id", "d.artifact_id")
    .innerJoin("environments", (join) =>
      join.onRef("environments.project", "=", "d.project").onRef("environments.name", "=", "d.environment"),
    )
    .leftJoin("routes", "routes.deployment_id", "d.id")
    .select([
      "r.state",
      "r.row_version",
      "d.name",
      "d.target",
      "artifacts.kind",
      "environments.spec",
      "routes.settings",
    ])
    .where("r.id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const rollout = reviveRollout(row.state);
  const { deployment, fromRevision, toRevision } = rollout;
  const revisions = await db
    .selectFrom("revisions")
    .select(["number", "version_id"])
    .where("deployment_id", "=", deployment)
    .where("number", "in", [toRevision, fromRevision ?? toRevision])
    .execute();
  const versionOf = (revision: number | null): string | null =>
    revisions.find(({ number }) => number === revision)?.version_id ?? null;
  return {
    rollout,
    rowVersion: row.row_version,
    deploymentName: row.name,
    kind: row.kind as ArtifactKind,
    target: targetAt(environmentSchema.parse(row.spec), row.target),
    route: row.settings as RouteSettings | null,
    versionIds: { stable: versionOf(fromRevision), candidate: versionOf(toRevision) ?? "" },
  };
}

const targetAt = (environment: EnvironmentSpec, member: object | null): Target =>
  member === null ? targetOf(environment) : targetOfMember(environment, targetSchema.parse(member));

export async function findJudge(db: Db, rollout: string): Promise<StoredJudge | null> {
  const row = await db
    .selectFrom("judge_states")
    .select(["seq", "snapshot", "readings"])
    .where("rollout_id", "=", rollout)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { seq: row.seq, snapshot: row.snapshot, readings: row.readings as ReadingsState };
}

export interface JudgeWrite {
  snapshot: JudgeSnapshot;
  readings: ReadingsState;
  report: JudgeReport;
  at: Date;
}

/** A state that nobody can read would refuse whatever begins anew: it is dropped, unless somebody has written over it. */
export async function dropJudge(db: Db, rollout: string, seq: number): Promise<void> {
  await db.deleteFrom("judge_states").where("rollout_id", "=", rollout).where("seq", "=", seq).execute();
}

/** False when somebody else has written as much or more; then nothing is written, and who asked is behind. */
export async function saveJudge(
  db: Db,
  rollout: string,
  { snapshot, readings, report, at }: JudgeWrite,
): Promise<boolean> {
  const { rows } = await sql<{ seq: number }>`
    insert into judge_states (rollout_id, seq, snapshot, readings, report, at)
    values (${rollout}, ${snapshot.seq}, ${storableJson(snapshot)}, ${storableJson(readings)},
            ${storableJson(report)}, ${at})
    on conflict (rollout_id) do update
      set seq = excluded.seq, snapshot = excluded.snapshot, readings = excluded.readings,
          report = excluded.report, at = excluded.at
      where judge_states.seq < excluded.seq
    returning seq`.execute(db);
  return rows.length === 1;
}

/** What the judges of these rollouts said last, by rollout; those that have not looked yet are not in it. */
export async function reportOf(db: Db, rollouts: readonly string[]): Promise<Map<string, JudgeReport>> {
  if (rollouts.length === 0) return new Map();
  const rows = await db
    .selectFrom("judge_states")
    .select(["rollout_id", "report"])
    .where("rollout_id", "in", [...rollouts])
    .execute();
  return new Map(rows.map(({ rollout_id, report }) => [rollout_id, report]));
}

/** States of rollouts that have ended. */
export async function forgetEnded(db: Db): Promise<void> {
  await sql`
    delete from judge_states using rollouts
    where rollouts.id = judge_states.rollout_id and not rollouts.active
      and judge_states.at < now() - ${sql.lit(KEPT)}::interval`.execute(db);
}
