import {
  allowedCommands,
  estimatedCompletion,
  type GateResult,
  type GuardReport,
  type Instant,
  isTerminal,
  percentFromWeight,
  progressPercentage,
  type Rollout,
  type StepState,
  toIso,
  type ValidationResult,
  weightOf,
} from "@sluice/core";
import type { RolloutView } from "./rollout.schema.ts";

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));

/** A rollout as the API shows it: weights in percent, times as RFC 3339, evidence as e-values. */
export function rolloutView(rollout: Rollout, now: Instant): RolloutView {
  const { desired, phase } = rollout;
  return {
    id: rollout.id,
    project: rollout.project,
    deployment: rollout.deployment,
    artifact: rollout.artifact,
    environment: rollout.environment,
    fromRevision: rollout.fromRevision,
    toRevision: rollout.toRevision,
    fromVersion: rollout.fromVersion,
    toVersion: rollout.toVersion,
    phase,
    paused: rollout.pausedAt !== null,
    outcome: isTerminal(phase) ? phase : null,
    reason: rollout.reason,
    trigger: rollout.trigger,
    strategy: rollout.strategy,
    steps: rollout.steps.map(stepView),
    step: rollout.step,
    weight: desired.split === null ? 0 : percentFromWeight(weightOf(desired.split, rollout.toRevision)),
    progressPercentage: progressPercentage(rollout, now),
    estimatedCompletion: iso(estimatedCompletion(rollout, now)),
    validations: rollout.validations.map(validationView),
    gates: rollout.gates.map(gateView),
    tests: rollout.tests.map((result) => ({ ...result, at: toIso(result.at) })),
    approvals: rollout.approvals.map((approval) => ({ ...approval, at: toIso(approval.at) })),
    requiredApprovals: rollout.requiredApprovals,
    analysis: rollout.analysis === null ? null : analysisView(rollout, rollout.analysis),
    allowedCommands: allowedCommands(rollout),
    triggeredBy: rollout.triggeredBy,
    rollbackOf: rollout.rollbackOf,
    retryOf: rollout.retryOf,
    createdAt: toIso(rollout.createdAt),
    updatedAt: toIso(rollout.updatedAt),
    finishedAt: iso(rollout.finishedAt),
  };
}

export function stepView(step: StepState): RolloutView["steps"][number] {
  const times = { startedAt: iso(step.startedAt), finishedAt: iso(step.finishedAt) };
  return "weight" in step ? { ...step, weight: percentFromWeight(step.weight), ...times } : { ...step, ...times };
}

export const validationView = (result: ValidationResult): RolloutView["validations"][number] => ({
  ...result,
  at: toIso(result.at),
});

export const gateView = (result: GateResult): RolloutView["gates"][number] => ({
  ...result,
  waitsUntil: iso(result.waitsUntil),
  at: toIso(result.at),
});

/** ln e-values above this are shown as if they were this: e^700 is about 10^304, and JSON has no infinity (ANALYSIS §9). */
const MOST_SHOWN = 700;
const eValue = (log: number): number => Math.exp(Math.min(log, MOST_SHOWN));

function analysisView(rollout: Rollout, report: GuardReport): NonNullable<RolloutView["analysis"]> {
  const threshold = eValue(report.bound);
  return {
    verdict: verdictOf(rollout, report),
    reason: report.closed?.reason ?? null,
    evidence: eValue(report.logEvidence),
    threshold,
    metrics: report.metrics.map(({ name, stable, candidate, logEvidence }) => ({
      name,
      stable,
      candidate,
      evidence: eValue(logEvidence),
      threshold,
      samples: report.samples,
    })),
    errors: report.errors,
  };
}

function verdictOf(rollout: Rollout, report: GuardReport): NonNullable<RolloutView["analysis"]>["verdict"] {
  if (report.closed !== null) return "rollback";
  if (rollout.phase === "completed") return "promote";
  return rollout.noDataSince === null ? "continue" : "hold";
}
