import { type WavePlan, waveSteps } from "../fleet/waves.ts";
import { compileSteps } from "../strategy/compile.ts";
import type { Step, Strategy } from "../strategy/strategy.types.ts";
import type { Instant } from "../time.ts";
import { NOTHING_DESIRED } from "./desired.ts";
import type { RolloutEvent } from "./effect.ts";
import type { Rollout, StepState } from "./rollout.ts";

export interface RevisionName {
  revision: number;
  version: string;
}

export interface NewRollout {
  id: string;
  project: string;
  deployment: string;
  artifact: string;
  environment: string;
  /** The deployment's stable revision; null on a first delivery. Looked at again when the rollout leaves the queue. */
  from: RevisionName | null;
  to: RevisionName;
  strategy: Strategy;
  requiredApprovals: number;
  fourEyes: boolean;
  /** Default: everybody with the role. */
  approvers?: string[] | null;
  /** Default: an approval is waited for for ever. */
  approvalExpirySeconds?: number | null;
  triggeredBy: string;
  /** See {@link Rollout.fastTrack}; default false. */
  fastTrack?: boolean;
  rollbackOf?: string;
  retryOf?: string;
  reason?: string;
  /** See {@link Rollout.waves}; default null. */
  waves?: WavePlan | null;
  /** The rollout to several targets that it is part of, and which attempt of that. */
  partOf?: { rollout: string; attempt: number };
}

/** A rollout at its very beginning, in phase `queued`. Throws `invalid_argument` when the strategy does not compile. */
export function createRollout(input: NewRollout, now: Instant): { rollout: Rollout; events: RolloutEvent[] } {
  // Compiled even where it will not be used, so that a wrong strategy is refused now and not at the second delivery.
  compileSteps(input.strategy);
  const { fastTrack = false, waves = null, partOf } = input;
  const rollout: Rollout = {
    id: input.id,
    project: input.project,
    deployment: input.deployment,
    artifact: input.artifact,
    environment: input.environment,
    fromRevision: input.from?.revision ?? null,
    toRevision: input.to.revision,
    fromVersion: input.from?.version ?? null,
    toVersion: input.to.version,
    strategy: input.strategy,
    steps: stepsFor({
      strategy: input.strategy,
      fromRevision: input.from?.revision ?? null,
      toRevision: input.to.revision,
      fastTrack,
      waves,
    }),
    step: 0,
    phase: "queued",
    phaseStartedAt: now,
    pausedAt: null,
    pausedMs: 0,
    stepPausedMs: 0,
    desired: NOTHING_DESIRED,
    unavailableSince: null,
    refusedSince: null,
    noDataSince: null,
    approvals: [],
    requiredApprovals: input.requiredApprovals,
    fourEyes: input.fourEyes,
    approvers: input.approvers ?? null,
    approvalExpirySeconds: input.approvalExpirySeconds ?? null,
    attempts: { gates: 1, tests: 1, migrations: 1, members: partOf?.attempt ?? 1 },
    validations: [],
    gates: [],
    tests: [],
    migrations: [],
    analysis: null,
    judge: null,
    shadow: null,
    goal: null,
    returningTo: null,
    reason: input.reason ?? null,
    trigger: null,
    failure: null,
    heldWeight: null,
    accepted: [],
    irreversible: false,
    newerWaiting: null,
    triggeredBy: input.triggeredBy,
    rollbackOf: input.rollbackOf ?? null,
    fastTrack,
    promotedAt: null,
    retryOf: input.retryOf ?? null,
    waves,
    members: [],
    partOf: partOf?.rollout ?? null,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
  };
  const message = `${input.artifact} ${input.from === null ? "" : `${input.from.version} → `}${input.to.version} in ${input.environment}`;
  const data = {
    from: rollout.fromRevision,
    to: rollout.toRevision,
    strategy: input.strategy.type,
    triggeredBy: input.triggeredBy,
  };
  return { rollout, events: [{ type: "rollout.created", message, alert: false, data }] };
}

type Course = Pick<Rollout, "strategy" | "fromRevision" | "toRevision" | "fastTrack" | "waves">;

/**
 * The steps of one rollout. With nothing to compare with (first delivery), or on the way to a revision that was
 * promoted before, the strategy is not used: a single switch once the revision is ready (edge cases 3, 4, 11). Waves hold in
 * any case: the strategy is then that of each target.
 */
export function stepsFor({ strategy, fromRevision, toRevision, fastTrack, waves }: Course): StepState[] {
  const untried = fromRevision === null || fromRevision === toRevision || fastTrack;
  const alone = (): Step[] => (untried ? [{ type: "switch" }] : compileSteps(strategy));
  const steps = waves === null ? alone() : waveSteps(waves, strategy, untried);
  return steps.map((step) => ({ ...step, status: "pending", startedAt: null, finishedAt: null }));
}
