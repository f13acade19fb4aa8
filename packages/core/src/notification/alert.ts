import { ROLLBACK_TRIGGERS, type RollbackTrigger } from "../rollout/trigger.ts";

/** Everything that somebody can be told of, as a closed set: what channels choose from. */
export const ALERTS = [
  /** A rollout ended badly: its checks, gates, tests or analysis stopped it, or its candidate could not run. */
  "deployment_failure",
  /** Instances that had been ready failed their health checks or kept crashing. */
  "health_check_failure",
  /** A candidate was found worse than stable, or a live deployment is beyond a threshold. */
  "performance_degradation",
  /** Instances use more than they may, or a live deployment is beyond a threshold. */
  "resource_exhaustion",
  "security_violation",
  "test_failure",
  /** Nobody could judge a rollout in the time allowed. */
  "no_data",
  /** A rollout was taken back, by a person or by what was found. */
  "rollback",
  /** A rollout waits for people. */
  "approval_required",
  /** Whatever else somebody should look at: an event with its alert flag set. */
  "needs_attention",
  "deployment_started",
  "deployment_completed",
  "deployment_removed",
] as const;

export type Alert = (typeof ALERTS)[number];

export const SEVERITIES = ["critical", "warning", "info"] as const;
export type AlertSeverity = (typeof SEVERITIES)[number];

export const ALERT_SEVERITY: Readonly<Record<Alert, AlertSeverity>> = {
  deployment_failure: "critical",
  health_check_failure: "critical",
  performance_degradation: "warning",
  resource_exhaustion: "critical",
  security_violation: "critical",
  test_failure: "warning",
  no_data: "warning",
  rollback: "warning",
  approval_required: "info",
  needs_attention: "warning",
  deployment_started: "info",
  deployment_completed: "info",
  deployment_removed: "info",
};

/** Triggers that are found, and not wished: those are alerts of the same name. */
const WISHED = ["manual", "superseded"] as const satisfies readonly RollbackTrigger[];

export type FoundTrigger = Exclude<RollbackTrigger, (typeof WISHED)[number]>;

export const FOUND_TRIGGERS: readonly FoundTrigger[] = ROLLBACK_TRIGGERS.filter(isFound);

function isFound(trigger: RollbackTrigger): trigger is FoundTrigger {
  return !(WISHED as readonly RollbackTrigger[]).includes(trigger);
}

/** The alert that a trigger is; null for one that somebody wished, and for anything else. */
export const alertOfTrigger = (trigger: unknown): FoundTrigger | null =>
  FOUND_TRIGGERS.find((known) => known === trigger) ?? null;
