import {
  allowedCommands,
  approvalExpiresAt,
  estimatedCompletion,
  explainRollout,
  type Failure,
  type GateResult,
  type Instant,
  isTerminal,
  type MemberState,
  percentFromWeight,
  progressPercentage,
  type Rollout,
  type StepState,
  shownAddress,
  type TestResult,
  toIso,
  type ValidationResult,
  type Weight,
  weightOf,
  weightOverTargets,
  withoutSecrets,
} from "@sluice/core";
import { analysisView, goalView, judgeView } from "./analysis.view.ts";
import type { RolloutView } from "./rollout.schema.ts";

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));

/** A rollout as the API shows it: weights in percent, times as RFC 3339, evidence as e-values. */
export function rolloutView(rollout: Rollout, now: Instant): RolloutView {
  const { phase } = rollout;
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
    explanation: explainRollout(rollout, now),
    reason: rollout.reason,
    trigger: rollout.trigger,
    strategy: withoutSecrets(rollout.strategy),
    steps: rollout.steps.map(stepView),
    step: rollout.step,
    weight: percentFromWeight(weightNow(rollout)),
    progressPercentage: progressPercentage(rollout, now),
    estimatedCompletion: iso(estimatedCompletion(rollout, now)),
    validations: rollout.validations.map(validationView),
    gates: rollout.gates.map(gateView),
    tests: rollout.tests.map(testView),
    migrations: rollout.migrations.map(({ rollout: _, demand: __, at, ...run }) => ({ ...run, at: toIso(at) })),
    approvals: rollout.approvals.map((approval) => ({ ...approval, at: toIso(approval.at) })),
    requiredApprovals: rollout.requiredApprovals,
    approvers: rollout.approvers,
    fourEyes: rollout.fourEyes,
    approvalExpiresAt: iso(approvalExpiresAt(rollout, now)),
    waitsUntil: iso(gatesWaitUntil(rollout)),
    failure: rollout.failure === null ? null : failureView(rollout.failure),
    irreversible: rollout.irreversible,
    judge: rollout.judge === null ? null : judgeView(rollout.judge),
    shadow: rollout.shadow,
    goal: rollout.goal === null ? null : goalView(rollout.goal),
    analysis: analysisView(rollout),
    allowedCommands: allowedCommands(rollout),
    members: rollout.waves === null ? null : rollout.members.map(memberView),
    onWaveFailure: rollout.waves?.onFailure ?? null,
    partOf: rollout.partOf,
    triggeredBy: rollout.triggeredBy,
    rollbackOf: rollout.rollbackOf,
    retryOf: rollout.retryOf,
    createdAt: toIso(rollout.createdAt),
    updatedAt: toIso(rollout.updatedAt),
    finishedAt: iso(rollout.finishedAt),
  };
}

/** Of several targets, each counts the same. */
function weightNow({ desired: { split }, toRevision, waves, members }: Rollout): Weight {
  if (waves !== null) return weightOverTargets(members);
  return split === null ? 0 : weightOf(split, toRevision);
}

const memberView = ({ target, state, rollout, phase, paused, weight, asks, reason }: MemberState) => ({
  ...{ target, state, rollout, phase, paused, reason },
  weight: percentFromWeight(weight),
  asksApproval: asks,
});

export function stepView(step: StepState): RolloutView["steps"][number] {
  const times = { startedAt: iso(step.startedAt), finishedAt: iso(step.finishedAt) };
  if (step.type === "hook") return { ...step, url: shownAddress(step.url), ...times };
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

const testView = (result: TestResult): RolloutView["tests"][number] => ({ ...result, at: toIso(result.at) });

const failureView = ({ at, trigger, reason, frozen }: Failure) => ({ at: toIso(at), trigger, reason, frozen });

/** The first moment at which a gate that waits has failed; null when none waits. */
function gatesWaitUntil({ phase, gates }: Rollout): Instant | null {
  const waiting = gates.filter((gate) => gate.required && gate.status === "waiting");
  const moments = waiting.flatMap((gate) => gate.waitsUntil ?? []);
  return phase !== "gating" || moments.length === 0 ? null : Math.min(...moments);
}
