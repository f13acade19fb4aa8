import {
  type ArtifactKind,
  type EnvironmentSpec,
  hasWaves,
  type Instant,
  type Strategy,
  targetName,
  together,
  type WavePlan,
  wavePlanOf,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import type { Standing } from "../deployment/change.ts";
import { changeDeployment, type DeploymentChange, type StoredDeployment } from "../deployment/deployment.store.ts";
import { requireEnvironment } from "../deployment/references.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { sendAway } from "./leave.ts";
import { ensureMembers, membersOfDeployment, shareRevisions } from "./member.store.ts";

/** What is at every target of its environment. Prompts are read at the server, and run nowhere: they are served once. */
const SPREADS: Readonly<Record<ArtifactKind, boolean>> = {
  application: true,
  model: true,
  agent: true,
  pipeline: true,
  prompt: false,
};

/** Whether a new deployment is at every target of its environment. */
export const spreadsOver = (environment: EnvironmentSpec, kind: ArtifactKind): boolean =>
  hasWaves(environment) && SPREADS[kind];

interface Course {
  environment: EnvironmentSpec;
  strategy: Strategy;
  /** To where the deployment has been: no target waits for another. */
  returns: boolean;
  now: Instant;
}

/** The waves of a rollout that is about to begin, with a member for each of their targets; null for one target. */
export async function wavesFor(
  db: Db,
  deployment: StoredDeployment,
  { environment, strategy, returns, now }: Course,
): Promise<WavePlan | null> {
  if (deployment.fleet === null) return null;
  await ensureMembers(db, deployment, environment, now);
  await shareRevisions(db, deployment.id);
  const plan = wavePlanOf(environment, strategy);
  return returns ? together(plan) : plan;
}

/** How the targets are reached that the environment has now; null for a deployment at one target. */
export async function wavesNow(
  db: Db,
  { fleet, project, environment }: StoredDeployment,
  strategy: Strategy,
): Promise<WavePlan | null> {
  return fleet === null ? null : wavePlanOf(await requireEnvironment(db, project, environment), strategy);
}

/** Whether every target that the environment has by now runs, or is being given, what is meant. */
export async function isEverywhere(
  db: Db,
  { deployment, active, target }: Standing,
  { targets }: EnvironmentSpec,
): Promise<boolean> {
  if (deployment.fleet === null || active.some(({ phase }) => phase !== "rolling_back")) return true;
  const members = await membersOfDeployment(db, deployment.id);
  return targets.every((one) =>
    members.some(
      (member) =>
        member.target !== null &&
        targetName(member.target) === targetName(one) &&
        member.stableRevision === target.number &&
        !member.deleting,
    ),
  );
}

/** What people change of the whole, at every target at once. */
export async function changeMembers(
  db: Db,
  deployment: StoredDeployment,
  { replicas, stopped, deleting, fence }: DeploymentChange,
  now: Instant,
): Promise<void> {
  if (deployment.fleet === null) return;
  for (const member of await membersOfDeployment(db, deployment.id)) {
    if (deleting === true) {
      await sendAway(db, member.id, "engine", now);
      continue;
    }
    const change = {
      ...(replicas === undefined ? {} : { replicas }),
      ...(stopped === undefined ? {} : { stopped }),
      ...(fence === undefined ? {} : { fence: member.fence + 1 }),
    };
    await changeDeployment(db, member.id, change, new Date(now));
    await wakeDeployment(db, member.id);
  }
}
