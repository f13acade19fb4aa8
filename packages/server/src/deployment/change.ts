import {
  createRollout,
  type DeploymentConfig,
  type EnvironmentSpec,
  type Instant,
  type Rollout,
  revisionDigest,
  SluiceError,
  type Strategy,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import { wavesFor } from "../fleet/fleet.ts";
import {
  findRevision,
  findRevisionByDigest,
  insertRevision,
  latestRevisionNumber,
  type RevisionRef,
  type StoredRevision,
} from "../revision/revision.store.ts";
import { deliveryOf, startRollout, wasPromoted } from "../rollout/rollout.start.ts";
import { activeRollouts } from "../rollout/rollout.store.ts";
import { type ApprovalWish, approvalsFor } from "./approval.ts";
import type { StoredDeployment } from "./deployment.store.ts";
import type { VersionRef } from "./references.ts";
import { desiredWorkloads } from "./workload.store.ts";

/** Where a deployment stands when somebody wants to change it. Read under the deployment's lock. */
export interface Standing {
  deployment: StoredDeployment;
  /** Not ended yet, oldest first. */
  active: Rollout[];
  /** What serves; null before the first completed rollout. */
  stable: StoredRevision | null;
  /**
   * What the deployment is meant to run: the newest rollout's revision while that goes forward, else the stable one,
   * else the last that was tried. Changes are merged over it.
   */
  target: StoredRevision;
  /** Whether something delivers, or has delivered, the target. */
  delivered: boolean;
}

export async function standingOf(db: Db, deployment: StoredDeployment): Promise<Standing> {
  const active = (await activeRollouts(db, deployment.id)).map((stored) => stored.rollout);
  const forward = active.findLast((rollout) => rollout.phase !== "rolling_back");
  const stable =
    deployment.stableRevision === null ? null : await requireRevision(db, deployment, deployment.stableRevision);
  const delivered = forward !== undefined || stable !== null;
  const number = forward?.toRevision ?? deployment.stableRevision ?? (await latestRevisionNumber(db, deployment.id));
  const target = stable?.number === number ? stable : await requireRevision(db, deployment, number);
  return { deployment, active, stable, target, delivered };
}

export async function requireRevision(db: Db, deployment: StoredDeployment, number: number): Promise<StoredRevision> {
  const revision = await findRevision(db, deployment.id, number);
  if (revision !== null) return revision;
  const latest = await latestRevisionNumber(db, deployment.id);
  throw new SluiceError(
    "not_found",
    `deployment ${deployment.name} has no revision ${number}; its revisions are 1 to ${latest}`,
  );
}

export interface Content {
  version: VersionRef;
  config: DeploymentConfig;
}

export const digestOfContent = ({ version, config }: Content): string =>
  revisionDigest({ version: version.version, versionDigest: version.digest, config });

/** The revision with this content: the one that has it already (edge cases 3, 4), or a new one. Answers its number. */
export async function ensureRevision(
  db: Db,
  deployment: string,
  content: Content,
  { by, now }: { by: string; now: Instant },
): Promise<number> {
  const digest = digestOfContent(content);
  const existing = await findRevisionByDigest(db, deployment, digest);
  if (existing !== null) return existing.number;
  const number = (await latestRevisionNumber(db, deployment)) + 1;
  await addRevision(db, { deployment, number }, content, { by, now });
  return number;
}

export const addRevision = (
  db: Db,
  { deployment, number }: RevisionRef,
  content: Content,
  { by, now }: { by: string; now: Instant },
): Promise<void> =>
  insertRevision(db, {
    deployment,
    number,
    versionId: content.version.id,
    digest: digestOfContent(content),
    config: content.config,
    createdBy: by,
    at: new Date(now),
  });

export interface Delivery {
  to: { revision: number; version: string };
  strategy: Strategy;
  environment: EnvironmentSpec;
  by: string;
  now: Instant;
  /** To a revision that was promoted before and is to serve again without a second trial. */
  fastTrack?: boolean;
  rollbackOf?: string | undefined;
  reason?: string | undefined;
  approval?: ApprovalWish | undefined;
}

/** Begins a rollout from whatever is stable. Throws `failed_precondition` when it must not meet another one. */
export async function deliver(
  db: Db,
  { deployment, active, stable }: Pick<Standing, "deployment" | "active" | "stable">,
  delivery: Delivery,
): Promise<Rollout> {
  const { to, strategy, environment, by, now, fastTrack = false, rollbackOf, reason, approval } = delivery;
  const waves = await wavesFor(db, deployment, { environment, strategy, returns: rollbackOf !== undefined, now });
  const [running] = active;
  if (running !== undefined && strategy.onConflict === "reject") {
    throw new SluiceError(
      "failed_precondition",
      `rollout ${running.id} is in phase ${running.phase}, and strategy.onConflict is "reject"; wait for its end, cancel it, or use supersede or queue`,
    );
  }
  const created = createRollout(
    {
      id: newId("rol"),
      project: deployment.project,
      deployment: deployment.id,
      artifact: deployment.artifact,
      environment: deployment.environment,
      from: stable === null ? null : { revision: stable.number, version: stable.version },
      to,
      strategy,
      ...approvalsFor(approval, environment.protection),
      // A rollback ends an incident: it asks nobody when it goes where the deployment has been.
      ...(fastTrack && rollbackOf !== undefined && { requiredApprovals: 0 }),
      approvers: environment.protection.approvers,
      approvalExpirySeconds: environment.protection.approvalExpirySeconds,
      triggeredBy: by,
      fastTrack,
      waves,
      ...(rollbackOf === undefined ? {} : { rollbackOf }),
      ...(reason === undefined ? {} : { reason }),
    },
    now,
  );
  await startRollout(db, created);
  return created.rollout;
}

/** Whether the revision was promoted once and never taken back since: it may serve again without a second trial. */
export async function isProven(db: Db, deployment: string, revision: number): Promise<boolean> {
  return (await wasPromoted(db, deployment, revision)) && (await deliveryOf(db, deployment, revision)) !== null;
}

/** Whether the revision is kept warm after having served: within that window a return needs no trial (edge case 4). */
export async function isWarm(db: Db, deployment: string, revision: number, now: Instant): Promise<boolean> {
  const workloads = await desiredWorkloads(db, deployment);
  return workloads.some(
    (workload) =>
      workload.revision === revision && workload.replicas > 0 && workload.retireAt !== null && workload.retireAt > now,
  );
}
