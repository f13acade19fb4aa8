import type { DeploymentStatus } from "../deployment/status.ts";
import type { Phase } from "../rollout/phase.ts";

export const PIPELINE_STATUSES = [
  "deploying",
  "active",
  "updating",
  "rolling_back",
  "stopped",
  "failed",
  "deleting",
  "deleted",
] as const;
export type PipelineStatus = (typeof PIPELINE_STATUSES)[number];

export const PIPELINE_PHASES = [
  "pending",
  "validating",
  "awaiting_approval",
  "gating",
  "starting",
  "testing",
  "rolling_out",
  "verifying",
  "rolling_back",
  "running",
  "stopped",
  "failed",
  "terminating",
  "removed",
] as const;
export type PipelinePhase = (typeof PIPELINE_PHASES)[number];

/** The words of pipelines for what a deployment does. */
export const pipelineStatus = (status: DeploymentStatus): PipelineStatus => (status === "running" ? "active" : status);

const PHASE_OF_ROLLOUT: Readonly<Partial<Record<Phase, PipelinePhase>>> = {
  queued: "pending",
  validating: "validating",
  awaiting_approval: "awaiting_approval",
  gating: "gating",
  preparing: "starting",
  testing: "testing",
  shifting: "rolling_out",
  monitoring: "verifying",
  rolling_back: "rolling_back",
};

const PHASE_AT_REST: Readonly<Record<DeploymentStatus, PipelinePhase>> = {
  deploying: "pending",
  running: "running",
  updating: "pending",
  rolling_back: "rolling_back",
  stopped: "stopped",
  failed: "failed",
  deleting: "terminating",
};

/** What goes on inside of the status: the phase of the rollout that holds the deployment, else what it rests in. */
export const pipelinePhase = (status: DeploymentStatus, rollout: Phase | null): PipelinePhase =>
  status === "deleting" || rollout === null
    ? PHASE_AT_REST[status]
    : (PHASE_OF_ROLLOUT[rollout] ?? PHASE_AT_REST[status]);
