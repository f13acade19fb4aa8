import {
  deploymentStatus,
  isTerminal,
  type Json,
  pipelineMetrics,
  pipelinePhase,
  pipelineStatus,
  type Rollout,
} from "@sluice/core";
import { type DeploymentPicture, deploymentView, shownRevision, statusOf } from "../../deployment/deployment.view.ts";
import type { InstanceFigures } from "./pipeline.figures.ts";
import type { HistoryEntry, PipelineDetail, PipelineSummary } from "./pipeline.schema.ts";
import type { StoredPipeline } from "./pipeline.store.ts";

/** A deployment of a pipeline in the words of its document. `stored` is null for one that the native API made. */
export function summaryOf(picture: DeploymentPicture, stored: StoredPipeline | null): PipelineSummary {
  const { deployment } = picture;
  return {
    deployment_id: deployment.id,
    deployment_name: deployment.name,
    pipeline_name: deployment.artifact,
    status: pipelineStatus(statusOf(picture)),
    namespace: deployment.project,
    environment: deployment.environment,
    target_nodes: stored?.targetNodes ?? {},
    selector: stored?.selector ?? null,
    created_at: deployment.createdAt.toISOString(),
    updated_at: deployment.updatedAt.toISOString(),
    deleted_at: null,
  };
}

/** What is left of one that was deleted. */
export const deletedSummary = (stored: StoredPipeline): PipelineSummary => ({
  deployment_id: stored.deployment,
  deployment_name: stored.name,
  pipeline_name: stored.pipeline,
  status: "deleted",
  namespace: stored.project,
  environment: stored.environment,
  target_nodes: stored.targetNodes,
  selector: stored.selector,
  created_at: stored.createdAt.toISOString(),
  updated_at: stored.updatedAt.toISOString(),
  deleted_at: stored.deletedAt?.toISOString() ?? null,
});

const NOTHING = { desired: 0, ready: 0, updated: 0 };

export const deletedDetail = (stored: StoredPipeline, last: HistoryEntry | undefined): PipelineDetail => ({
  ...deletedSummary(stored),
  phase: "removed",
  version: last?.version ?? "",
  parameters: Object.fromEntries(Object.entries(last?.parameters ?? {}).map(([name, value]) => [name, asJson(value)])),
  replicas: stored.replicas,
  resources: {},
  instances: NOTHING,
  nodes: [],
  metrics: pipelineMetrics([]),
  endpoint: null,
  rollout_id: null,
  message: null,
});

/** It was JSON when it was kept. */
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null));

export function detailOf(
  picture: DeploymentPicture,
  stored: StoredPipeline | null,
  { figures, last, gatewayUrl }: { figures: readonly InstanceFigures[]; last: Rollout | null; gatewayUrl: string },
): PipelineDetail {
  const { deployment, active, revisions, members } = picture;
  const shown = active?.toRevision ?? shownRevision(picture);
  const status = statusOf(picture);
  const config = revisions.get(shown)?.config;
  const each = (deployment.fleet === null ? [deployment] : members.map((member) => member.deployment)).map(desiredOf);
  const desired = each.reduce((sum, replicas) => sum + replicas, 0);
  const ready = readyOf(picture, [deployment.stableRevision, active?.toRevision ?? null]);
  const answering = figures.flatMap((one) => (one.ready && one.figures !== null ? [one.figures] : []));
  const view = deploymentView(picture, { serverUrl: "", gatewayUrl });
  return {
    ...summaryOf(picture, stored),
    phase: pipelinePhase(status, active?.phase ?? null),
    version: revisions.get(shown)?.version ?? "",
    parameters: config?.parameters ?? {},
    replicas: stored?.replicas ?? deployment.replicas,
    resources: config?.resources ?? {},
    instances: { desired, ready: Math.min(desired, ready), updated: Math.min(desired, readyOf(picture, [shown])) },
    nodes: nodesOf(figures, shown),
    metrics: pipelineMetrics(answering),
    endpoint: view.endpoints.external,
    rollout_id: active?.id ?? null,
    message: messageOf(active, last),
  };
}

const desiredOf = ({ stopped, deleting, replicas }: DeploymentPicture["deployment"]): number =>
  stopped || deleting ? 0 : replicas;

function readyOf({ statuses, members }: DeploymentPicture, revisions: readonly (number | null)[]): number {
  return [...statuses, ...members.flatMap((member) => member.statuses)]
    .filter(({ revision }) => revisions.includes(revision))
    .flatMap(({ instances }) => instances)
    .filter(({ state }) => state === "ready").length;
}

function nodesOf(figures: readonly InstanceFigures[], shown: number): PipelineDetail["nodes"] {
  const ready = figures.filter((one) => one.ready && one.figures?.role === "active");
  const targets = [...new Set(ready.map(({ target }) => target))];
  return targets.flatMap((target) => {
    const there = ready.filter((one) => one.target === target);
    const names = [...new Set(there.flatMap((one) => one.figures?.node ?? []))].toSorted();
    return names.map((node) => {
      const own = there.filter((one) => one.figures?.node === node);
      const updated = own.filter((one) => one.revision === shown).length;
      return { node, ...(target !== null && { target }), ready: own.length, updated };
    });
  });
}

/** While nothing goes on, what went wrong last is what a reader wants to know. */
function messageOf(active: Rollout | null, last: Rollout | null): string | null {
  if (active !== null) return active.reason;
  return last !== null && isTerminal(last.phase) && last.phase !== "completed" ? last.reason : null;
}

/** The status of one that is just being changed, before anybody looked at what runs. */
export const statusOfRollout = (hasStable: boolean, rollout: Rollout | null) =>
  pipelineStatus(
    deploymentStatus({
      deleting: false,
      stopped: false,
      hasStable,
      activeRollout: rollout,
      stableVerdict: null,
    }),
  );

export const historyEntry = (
  rollout: Rollout,
  { version, parameters }: { version: string; parameters: Record<string, Json> },
): HistoryEntry => ({
  rollout_id: rollout.id,
  revision: rollout.toRevision,
  from_revision: rollout.fromRevision,
  version,
  parameters,
  phase: rollout.phase,
  reason: rollout.reason,
  rollback_of: rollout.rollbackOf,
  triggered_by: rollout.triggeredBy,
  created_at: new Date(rollout.createdAt).toISOString(),
  finished_at: rollout.finishedAt === null ? null : new Date(rollout.finishedAt).toISOString(),
});
