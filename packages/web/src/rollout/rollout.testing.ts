import type { Rollout } from "@sluice/client";

type Step = Rollout["steps"][number];

export const step = (changes: Partial<Step> & Pick<Step, "type">): Step => ({
  status: "pending",
  startedAt: null,
  finishedAt: null,
  ...changes,
});

/** A canary of 1.1.0 beside 1.0.0 that has just begun. */
export const rolloutOf = (changes: Partial<Rollout> = {}): Rollout => ({
  ...{ id: "rol_1", project: "default", deployment: "dep_1", artifact: "greeter", environment: "production" },
  ...{ fromRevision: 1, toRevision: 2, fromVersion: "1.0.0", toVersion: "1.1.0" },
  ...{ phase: "validating", paused: false, outcome: null, explanation: "", reason: null, trigger: null },
  strategy: { type: "canary", tests: null } as Rollout["strategy"],
  ...{ steps: [], step: 0, weight: 0, progressPercentage: 0, estimatedCompletion: null },
  ...{ validations: [], gates: [], migrations: [], tests: [], approvals: [] },
  ...{ requiredApprovals: 0, approvers: null, fourEyes: false, approvalExpiresAt: null, waitsUntil: null },
  ...{ failure: null, irreversible: false, judge: null, shadow: null, goal: null, analysis: null },
  ...{ allowedCommands: [], members: null, onWaveFailure: null, partOf: null },
  ...{ triggeredBy: "ana", rollbackOf: null, retryOf: null },
  ...{ createdAt: "2026-11-22T12:00:00.000Z", updatedAt: "2026-11-22T12:00:00.000Z", finishedAt: null },
  ...changes,
});
