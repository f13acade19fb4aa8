import type { ArtifactKind, DeploymentConfig, EnvironmentSpec, HookFact, VersionSpec } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { type DesiredWorkload, desiredWorkloads } from "../deployment/workload.store.ts";
import { activeRollouts, type StoredRollout } from "../rollout/rollout.store.ts";
import { findRoute, routedRevisions, type StoredRoute } from "../routing/route.store.ts";
import { hookCalls } from "./hook.store.ts";

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
}

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
  /** Oldest first: the first one holds the deployment. */
  rollouts: StoredRollout[];
  workloads: DesiredWorkload[];
  route: StoredRoute | null;
  /** Every revision that a rollout, a workload, the route or the deployment names. */
  revisions: ReadonlyMap<number, LoadedRevision>;
  /** Of the first rollout. */
  hooks: HookFact[];
}

/** Null when there is no such deployment any more. */
export async function load(db: Db, id: string): Promise<Loaded | null> {
  const row = await db
    .selectFrom("deployments")
    .innerJoin("artifacts", "artifacts.id", "deployments.artifact_id")
    .innerJoin("environments", (join) =>
      join
        .onRef("environments.project", "=", "deployments.project")
        .onRef("environments.name", "=", "deployments.environment"),
    )
    .selectAll("deployments")
    .select(["artifacts.kind", "environments.spec"])
    .where("deployments.id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return null;
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
  };
  const rollouts = await activeRollouts(db, id);
  const workloads = await desiredWorkloads(db, id);
  const route = await findRoute(db, id);
  const [head] = rollouts;
  const hasHooks = head?.rollout.steps.some((step) => step.type === "hook") ?? false;
  return {
    deployment,
    environment: row.spec as EnvironmentSpec,
    rollouts,
    workloads,
    route,
    revisions: await loadRevisions(db, id, namedRevisions(deployment, rollouts, workloads, route)),
    hooks: head !== undefined && hasHooks ? await hookCalls(db, head.rollout.id) : [],
  };
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
        config: row.config as DeploymentConfig,
      },
    ]),
  );
}
