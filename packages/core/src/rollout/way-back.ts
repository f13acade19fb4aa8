import { SluiceError } from "../errors.ts";
import { skipsChecks } from "./course.ts";
import type { Facts } from "./facts.ts";
import { NOTHING_STARTED } from "./phase.ts";
import type { Failure, Rollout } from "./rollout.ts";

/** What a failure that the rollout finds by itself makes of it. */
export type FailureMode = "rollback" | "pause" | "freeze";

/**
 * Whether the candidate may change data in a way that the revision before it cannot read. Not on a first delivery (there is no
 * code from before), not between revisions of one version, and not on the way to a revision that was promoted before: its
 * migration has run long ago.
 */
export const isIrreversible = (rollout: Rollout, facts: Pick<Facts, "irreversible">): boolean =>
  facts.irreversible &&
  rollout.fromRevision !== null &&
  rollout.fromVersion !== rollout.toVersion &&
  !skipsChecks(rollout);

/** Why the rollout cannot go back, as a clause for people; null when it can (edge case 50, ADR 7). */
export function noWayBack(rollout: Rollout): string | null {
  const { phase, irreversible, failure, toVersion } = rollout;
  if (NOTHING_STARTED.includes(phase)) return null;
  if (irreversible)
    return `version ${toVersion} declares a migration up and none down, so its data cannot be taken back`;
  if (phase !== "completed" && failure?.frozen)
    return `the strategy says onFailure: freeze, and it failed (${failure.reason})`;
  return null;
}

/** What a failure does now: an irreversible migration turns every way back into a freeze, whatever the strategy says. */
export function failureMode(rollout: Rollout): FailureMode {
  const { autoRollback, onFailure } = rollout.strategy;
  if (noWayBack(rollout) !== null) return "freeze";
  // A first delivery has no code from before that must be kept from the data: it is only held for people.
  if (rollout.waves !== null && onFailure !== "freeze")
    return rollout.waves.onFailure === "stop" ? "pause" : "rollback";
  if (onFailure === "freeze") return rollout.fromRevision === null ? "pause" : "freeze";
  return onFailure === "pause" || !autoRollback ? "pause" : "rollback";
}

/** The failure that holds it now; null when none does, or a person has gone on from it. */
export const stoppedBy = ({ failure, heldWeight }: Rollout): Failure | null => (heldWeight === null ? null : failure);

/** Whether a failure froze it, and nobody has let it go on. */
export const isFrozen = (rollout: Rollout): boolean => stoppedBy(rollout)?.frozen ?? false;

/**
 * Throws `failed_precondition` when what serves declares a migration up and none down: to put an earlier version in its
 * place would be to run old code on the new data. For every road to an earlier revision that is not a rollout's own command.
 */
export function assertReversible(irreversible: boolean, version: string): void {
  if (!irreversible) return;
  throw new SluiceError(
    "failed_precondition",
    `rollback is not possible: version ${version} declares a migration up and none down, so its data cannot be taken back; deliver a version that mends it instead`,
  );
}
