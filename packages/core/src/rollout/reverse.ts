import { SluiceError } from "../errors.ts";
import { together, type WavePlan } from "../fleet/waves.ts";
import type { Instant } from "../time.ts";
import { assertAllowed } from "./command.ts";
import { createRollout, type RevisionName } from "./create.ts";
import { Draft } from "./draft.ts";
import type { RolloutEvent } from "./effect.ts";
import type { Rollout } from "./rollout.ts";
import type { RollbackTrigger } from "./trigger.ts";
import { assertReversible } from "./way-back.ts";

interface Request {
  /** Id of the rollout to be made. */
  id: string;
  actor: string;
  /** Why, in the person's words; may be empty. */
  reason: string;
  now: Instant;
  /** The deployment's stable revision now. */
  serving: RevisionName | null;
  /** How the targets of the deployment are reached now; null, the default, for one target. */
  waves?: WavePlan | null;
}

interface ReverseRequest extends Request {
  /** What serves declares a migration up and none down. */
  irreversible: boolean;
  /** Default: `manual`. */
  trigger?: RollbackTrigger;
}

/**
 * A rollback after completion: the original is marked `rolled_back`, and a rollout back to the revision before it begins.
 * That one is immediate, asks nobody and repeats no check, for the revision was promoted before; it still waits for ready
 * instances and the verified weight. Throws `failed_precondition` when the original is not what serves now, or when what it
 * delivered cannot be taken back (edge case 50).
 */
export function reverseRollout(
  original: Rollout,
  request: ReverseRequest,
): { original: Rollout; reverse: Rollout; events: RolloutEvent[] } {
  assertAllowed(original, "rollback");
  const { actor, now, serving, irreversible, trigger = "manual" } = request;
  if (original.phase !== "completed" || original.fromRevision === null || original.fromVersion === null) {
    throw new SluiceError("failed_precondition", `a rollout in phase ${original.phase} is rolled back in place`);
  }
  if (serving?.revision !== original.toRevision) {
    const found = serving === null ? "no revision" : `revision ${serving.revision}`;
    throw new SluiceError(
      "failed_precondition",
      `this rollout delivered revision ${original.toRevision}, but ${found} serves now; roll back the rollout that delivered it`,
    );
  }
  assertReversible(irreversible && original.fromVersion !== original.toVersion, original.toVersion);
  const reason = `rolled back by ${request.reason === "" ? actor : `${actor}: ${request.reason}`}`;
  const draft = new Draft(original, now);
  draft.change({ trigger });
  draft.enter("rolled_back", reason);
  const created = createRollout(
    {
      ...identity(original),
      id: request.id,
      from: serving,
      to: { revision: original.fromRevision, version: original.fromVersion },
      // Nothing is tried on a way back, and what stops it must not hold it up.
      strategy: {
        ...common(original),
        type: "immediate",
        onFailure: "rollback",
        tests: null,
        holdbackPercentage: 0,
        monitoringSeconds: 0,
      },
      requiredApprovals: 0,
      fastTrack: true,
      waves: request.waves == null ? null : together(request.waves),
      triggeredBy: actor,
      rollbackOf: original.id,
      reason,
    },
    now,
  );
  return { original: draft.rollout, reverse: created.rollout, events: [...draft.events, ...created.events] };
}

/** The same revision once more, from whatever is stable now, with every check anew (edge case 6). */
export function retryRollout(original: Rollout, request: Request): { rollout: Rollout; events: RolloutEvent[] } {
  assertAllowed(original, "retry");
  return createRollout(
    {
      ...identity(original),
      id: request.id,
      from: request.serving,
      to: { revision: original.toRevision, version: original.toVersion },
      strategy: original.strategy,
      requiredApprovals: original.requiredApprovals,
      fastTrack: original.fastTrack,
      waves: request.waves ?? null,
      triggeredBy: request.actor,
      retryOf: original.id,
      ...(original.rollbackOf === null ? {} : { rollbackOf: original.rollbackOf }),
    },
    request.now,
  );
}

/** What every strategy has, without the fields of one type. */
function common({ strategy }: Rollout) {
  const {
    autoRollback,
    onFailure,
    tests,
    holdbackPercentage,
    monitoringSeconds,
    onConflict,
    analysis,
    keepStableSeconds,
  } = strategy;
  return {
    autoRollback,
    onFailure,
    tests,
    holdbackPercentage,
    monitoringSeconds,
    onConflict,
    analysis,
    keepStableSeconds,
  };
}

const identity = ({
  project,
  deployment,
  artifact,
  environment,
  fourEyes,
  approvers,
  approvalExpirySeconds,
}: Rollout) => ({
  project,
  deployment,
  artifact,
  environment,
  fourEyes,
  approvers,
  approvalExpirySeconds,
});
