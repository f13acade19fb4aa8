import type { Phase } from "../rollout/phase.ts";

export const DEPLOYMENT_STATUSES = [
  "deploying",
  "running",
  "updating",
  "rolling_back",
  "stopped",
  "failed",
  "deleting",
] as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

/** All that the status of a deployment depends on. */
export interface DeploymentCondition {
  deleting: boolean;
  stopped: boolean;
  /** Whether a revision was ever fully promoted. */
  hasStable: boolean;
  /** The rollout that holds the deployment; null when none goes on. */
  activeRollout: { phase: Phase; rollbackOf: string | null } | null;
  /** What the runtime says of the stable revision's instances; null when it has none or nobody could ask. */
  stableVerdict: "progressing" | "available" | "failed" | null;
}

/**
 * The one word for a deployment. The first that is true:
 * `deleting`; `stopped`; a rollout goes on: `rolling_back` when it returns or is itself a rollback, `deploying` when
 * nothing serves yet, else `updating`; `failed` when nothing was ever promoted or the promoted revision is broken;
 * else `running`.
 */
export function deploymentStatus(condition: DeploymentCondition): DeploymentStatus {
  const { activeRollout } = condition;
  if (condition.deleting) return "deleting";
  if (condition.stopped) return "stopped";
  if (activeRollout !== null) {
    if (activeRollout.phase === "rolling_back" || activeRollout.rollbackOf !== null) return "rolling_back";
    return condition.hasStable ? "updating" : "deploying";
  }
  return condition.hasStable && condition.stableVerdict !== "failed" ? "running" : "failed";
}
