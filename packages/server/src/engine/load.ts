import {
  type ArtifactKind,
  configSchema,
  type DeploymentConfig,
  type EnvironmentSpec,
  environmentSchema,
  type HookFact,
  type Instant,
  type JudgeReport,
  type MigrationRun,
  type RouteSettings,
  reviveRollout,
  type Target,
  targetOf,
  targetSchema,
  type VersionSpec,
} from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { DesiredWorkload } from "../deployment/workload.store.ts";
import { type LoadedMember, MEMBERS, membersOf, type Trouble, targetOfMember } from "../fleet/loaded.members.ts";
import { MIGRATION_RUNS } from "../migration/migration.store.ts";
import type { StoredRollout } from "../rollout/rollout.store.ts";
import { type DesiredTraffic, routedRevisions, type StoredRoute } from "../routing/route.store.ts";
import type { StoredActivity } from "./activity/activity.store.ts";
import { LATER_KEY } from "./wake.ts";

export interface LoadedDeployment {
  id: string;
  project: string;
  environment: string;
  name: string;
  artifactId: string;
  kind: ArtifactKind;
  stableRevision: number | null;
  replicas: number;
  stopped: boolean;
  deleting: boolean;
  fence: number;
  /** Whether it is at several targets: its members run, and it does not. */
  fleet: boolean;
  /** Of a member: the deployment that it is part of. */
  parent: string | null;
  /** Of a member, as last noted. */
  trouble: Trouble | null;
  /** The one that looks after it alone; null: any server does. */
  server: string | null;
}

/** What runs nowhere itself: a deployment at several targets, whose members do. */
const NOWHERE: Target = { type: "none" };

/** A revision with the version behind it. Immutable. */
export interface LoadedRevision {
  number: number;
  version: string;
  versionId: string;
  spec: VersionSpec;
  config: DeploymentConfig;
}

/** Everything on disk that one reconcile decides on. */
export interface Loaded {
  deployment: LoadedDeployment;
  environment: EnvironmentSpec;
  /** The one of the environment's that this deployment is at. */
  target: Target;
  /** Of a deployment at several targets: each that its environment has, in order. */
  members: LoadedMember[];
  /** Ids of members whose targets the environment has no more. */
  strangers: string[];
  /** Oldest first: the first one holds the deployment. */
  rollouts: StoredRollout[];
  workloads: DesiredWorkload[];
  route: StoredRoute | null;
  /** Every revision that a rollout, a workload, the route or the deployment names. */
  revisions: ReadonlyMap<number, LoadedRevision>;
  /** Of the first rollout: every hook that was ever called, by step. */
  hooks: HookFact[];
  /** Of the first rollout: the long work of its phase; null when none was begun. */
  activity: StoredActivity | null;
  /** What was done to the data of the deployment, and taken back, in order. */
  migrationRuns: MigrationRun[];
  /** The rollout that delivered what the first rollout returns to, when that is a rollback after completion; else null. */
  deliveredBy: string | null;
  /** Whether any gate may ask for a version of the artifact in this environment. */
  gated: boolean;
  /** Whether validation asks services, or policies in a thread of their own. */
  asksOthers: boolean;
  /** What the pooled judge says of the first rollout; null before it has looked. */
  judge: JudgeReport | null;
  /** When the deployment is looked at again in any case: the later wake that is pending. */
  wakeAt: Instant | null;
}

const ROLLOUTS = sql<StoredRollout[]>`
  (select coalesce(json_agg(json_build_object('rollout', state, 'rowVersion', row_version) order by id), '[]')
   from rollouts where deployment_id = d.id and active)`;

const WORKLOADS = sql<DesiredWorkload[]>`
  (select coalesce(json_agg(json_build_object(
            'revision', revision, 'replicas', replicas,
            'retireAt', (extract(epoch from retire_at) * 1000)::bigint) order by revision), '[]')
   from workloads where deployment_id = d.id)`;

const HEAD = sql`(select id from rollouts where deployment_id = d.id and active order by id limit 1)`;

const HOOKS = sql<HookFact[]>`
  (select coalesce(json_agg(json_build_object('step', step, 'status', status, 'message', message) order by step), '[]')
   from hook_calls
   where rollout_id = ${HEAD})`;

/** Of the head's phase alone: results of tests are long, and what a phase has decided on is in the rollout. */
const ACTIVITY = sql<StoredActivity | null>`
  (select json_build_object(
            'kind', kind, 'demand', demand, 'attempt', attempt, 'unfinished', unfinished, 'status', activities.status, 'result', result,
            'startedAt', (extract(epoch from started_at) * 1000)::bigint,
            'finishedAt', (extract(epoch from activities.finished_at) * 1000)::bigint,
            'stale', kind = 'gates' and exists (
              select from evaluations join revisions on revisions.version_id = evaluations.version_id
              where revisions.deployment_id = d.id and number = (state ->> 'toRevision')::integer
                and recorded_at > activities.started_at))
   from activities join rollouts on rollouts.id = rollout_id
   where rollout_id = ${HEAD}
     and kind = case phase when 'validating' then 'checks' when 'gating' then 'gates' when 'testing' then 'tests'
                         when 'preparing' then 'migrations' when 'monitoring' then 'migrations'
                         when 'rolling_back' then 'migrations' end)`;

const JUDGE = sql<JudgeReport | null>`(select report from judge_states where rollout_id = ${HEAD})`;

const GATED = sql<boolean>`
  exists (select from gates
          where gates.project = d.project
            and (gates.artifact is null or gates.artifact = artifacts.name)
            and (gates.environment is null or gates.environment = d.environment))`;

const ASKS_OTHERS = sql<boolean>`
  (exists (select from policies where policies.project = d.project) or
  exists (select from integrations where integrations.project = d.project and integrations.spec -> 'health' <> 'null'::jsonb))`;

const DELIVERED_BY = sql<string | null>`
  (select max(earlier.id) from rollouts head join rollouts earlier on earlier.deployment_id = head.deployment_id
   where head.id = ${HEAD} and head.state ->> 'rollbackOf' is not null and earlier.id < head.id
     and earlier.phase = 'completed' and earlier.state ->> 'toRevision' = head.state ->> 'toRevision')`;

const WAKE_AT = sql<Instant | null>`
  (select (extract(epoch from run_at) * 1000)::bigint from graphile_worker.jobs
   where key = ${sql.lit(LATER_KEY)} || d.id and locked_at is null and attempts < max_attempts)`;

/** Null when there is no such deployment any more. In two queries: round trips are most of what a look costs. */
export async function load(db: Db, id: string): Promise<Loaded | null> {
  const row = await db
    .selectFrom("deployments as d")
    .innerJoin("artifacts", "artifacts.id", "d.artifact_id")
    .innerJoin("environments", (join) =>
      join.onRef("environments.project", "=", "d.project").onRef("environments.name", "=", "d.environment"),
    )
    .leftJoin("routes", "routes.deployment_id", "d.id")
    .select(["d.project", "d.environment", "d.name", "d.artifact_id", "d.stable_revision", "d.replicas"])
    .select(["d.stopped", "d.deleting", "d.fence", "d.server", "artifacts.kind", "environments.spec"])
    .select(["routes.settings", "routes.desired", "routes.epoch"])
    .select([
      ROLLOUTS.as("rollouts"),
      WORKLOADS.as("workloads"),
      HOOKS.as("hooks"),
      ACTIVITY.as("activity"),
      GATED.as("gated"),
      MIGRATION_RUNS.as("migrationRuns"),
      DELIVERED_BY.as("deliveredBy"),
      ASKS_OTHERS.as("asksOthers"),
      JUDGE.as("judge"),
      WAKE_AT.as("wake_at"),
      MEMBERS.as("members"),
    ])
    .select(["d.fleet", "d.parent_id", "d.target", "d.trouble"])
    .where("d.id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { workloads, hooks, activity } = row;
  const rollouts = row.rollouts.map(({ rollout, rowVersion }) => ({ rollout: reviveRollout(rollout), rowVersion }));
  const deployment: LoadedDeployment = {
    id,
    project: row.project,
    environment: row.environment,
    name: row.name,
    artifactId: row.artifact_id,
    kind: row.kind as ArtifactKind,
    stableRevision: row.stable_revision,
    replicas: row.replicas,
    stopped: row.stopped,
    deleting: row.deleting,
    fence: row.fence,
    fleet: row.fleet !== null,
    parent: row.parent_id,
    trouble: row.trouble as Trouble | null,
    server: row.server,
  };
  const route = routeOf(id, row.settings, row.desired, row.epoch);
  // Parsed, so that a field which a later release adds has its default in rows that were written before.
  const environment = environmentSchema.parse(row.spec);
  return {
    deployment,
    environment,
    target: placeOf(environment, row.fleet, row.target),
    ...(row.fleet === null ? { members: [], strangers: [] } : membersOf(environment, row.members)),
    rollouts,
    workloads,
    route,
    revisions: await loadRevisions(db, id, namedRevisions(deployment, rollouts, workloads, route)),
    hooks,
    activity,
    gated: row.gated,
    migrationRuns: row.migrationRuns,
    deliveredBy: row.deliveredBy,
    asksOthers: row.asksOthers,
    judge: row.judge,
    wakeAt: row.wake_at,
  };
}

function placeOf(environment: EnvironmentSpec, fleet: object | null, member: object | null): Target {
  if (fleet !== null) return NOWHERE;
  return member === null ? targetOf(environment) : targetOfMember(environment, targetSchema.parse(member));
}

function routeOf(
  deployment: string,
  settings: object | null,
  desired: object | null,
  epoch: number | null,
): StoredRoute | null {
  if (settings === null || desired === null || epoch === null) return null;
  return { deployment, settings: settings as RouteSettings, desired: desired as DesiredTraffic, epoch };
}

function namedRevisions(
  deployment: LoadedDeployment,
  rollouts: readonly StoredRollout[],
  workloads: readonly DesiredWorkload[],
  route: StoredRoute | null,
): number[] {
  const named = [
    deployment.stableRevision,
    ...rollouts.flatMap(({ rollout }) => [rollout.fromRevision, rollout.toRevision]),
    ...workloads.map((workload) => workload.revision),
    ...(route === null ? [] : routedRevisions(route)),
  ];
  return [...new Set(named.filter((number) => number !== null))];
}

async function loadRevisions(db: Db, deployment: string, numbers: number[]): Promise<Map<number, LoadedRevision>> {
  if (numbers.length === 0) return new Map();
  const rows = await db
    .selectFrom("revisions")
    .innerJoin("versions", "versions.id", "revisions.version_id")
    .select(["revisions.number", "revisions.config", "versions.id", "versions.version", "versions.spec"])
    .where("deployment_id", "=", deployment)
    .where("number", "in", numbers)
    .execute();
  return new Map(
    rows.map((row) => [
      row.number,
      {
        number: row.number,
        version: row.version,
        versionId: row.id,
        spec: row.spec as VersionSpec,
        config: configSchema.parse(row.config),
      },
    ]),
  );
}
