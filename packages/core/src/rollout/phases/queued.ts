import { HEARTBEAT_MS } from "../clock.ts";
import { isCheckedElsewhere } from "../course.ts";
import { stepsFor } from "../create.ts";
import type { Turn } from "../turn.ts";

/** Waits for the deployment's earlier rollout, the end of a freeze window, or a slot. Leaves from whatever is stable by then. */
export function queued(turn: Turn): void {
  const { facts, now } = turn;
  if (adoptStable(turn)) return;
  turn.wake(now + HEARTBEAT_MS);
  if (turn.paused || facts.ahead !== null) return;
  // A way back is never frozen and never waits for a slot: it is what ends an incident.
  if (!isCheckedElsewhere(turn.rollout)) {
    if (facts.frozenUntil !== null && facts.frozenUntil > now) {
      turn.wake(facts.frozenUntil);
      return;
    }
    if (!facts.slotFree) return;
  }
  turn.enter("validating");
}

/** What was stable when the rollout was asked for may have been replaced meanwhile (edge cases 2, 7, 13). */
function adoptStable(turn: Turn): boolean {
  const { rollout, facts, now } = turn;
  const fromRevision = facts.serving?.revision ?? null;
  if (rollout.fromRevision === fromRevision) return false;
  const steps = stepsFor({ ...rollout, fromRevision });
  turn.change({ fromRevision, fromVersion: facts.serving?.version ?? null, steps, step: 0 });
  // The facts about instances are those of the earlier stable revision.
  turn.needsOtherFacts = true;
  turn.wake(now);
  return true;
}
