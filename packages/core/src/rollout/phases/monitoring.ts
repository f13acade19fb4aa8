import { describeShadow } from "../../judge/comparison.ts";
import { seconds } from "../../time.ts";
import { bakeLeft, bakeSeconds } from "../bake.ts";
import { candidateIsReady } from "../capacity.ts";
import { RECHECK_MS } from "../clock.ts";
import { isReturnToStable, promotes } from "../course.ts";
import { takenBack } from "../migrations.ts";
import type { Rollout } from "../rollout.ts";
import type { Turn } from "../turn.ts";
import { noWayBack } from "../way-back.ts";
import { NOTHING_REPORTED } from "./shifting.ts";
import { uphold } from "./uphold.ts";

/**
 * All traffic on the candidate, but for a holdback, and stable kept warm. When the bake is over the holdback goes, and when
 * the whole weight is seen at the data plane the candidate is the new stable. Where stable keeps the traffic (a shadow, an A/B
 * test that promotes nobody) there is nothing to bake: the candidate goes and stable is what it was. The guard is dismissed
 * before, not after: one that closed the gate of a completed rollout would send everybody to a revision that is about to go.
 */
export function monitoring(turn: Turn): void {
  if (!uphold(turn) || turn.paused) return;
  if (bakeIsWaived(turn)) return;
  const { rollout, facts, now } = turn;
  const promoted = promotes(rollout);
  const left = bakeLeft(rollout, now);
  if (left > 0) {
    turn.wake(now + left);
    return;
  }
  if (!turn.trafficSettled || (promoted && !candidateIsReady(rollout, facts))) {
    turn.wake(now + RECHECK_MS);
    return;
  }
  // What came after the revision that a rollback returns to is taken back when that one serves everybody.
  if (promoted && !takenBack(turn, facts.migrations.surplus)) return;
  if (promoted) declareStable(turn);
  else keepStable(turn);
}

/** A bake whose end is not going to be a way back in any case does not keep the newer revision waiting (ADR 7). */
function bakeIsWaived(turn: Turn): boolean {
  const { rollout, facts, now } = turn;
  if (facts.newer === null || noWayBack(rollout) === null || bakeSeconds(rollout) === 0) return false;
  turn.change({ promotedAt: now });
  turn.emit("rollout.bake.waived", `the bake ends for ${facts.newer}, since there is no way back`, {
    newer: facts.newer,
  });
  return true;
}

function declareStable(turn: Turn): void {
  const { rollout, now } = turn;
  const { fromRevision, toRevision } = rollout;
  turn.once.push({ type: "declareStable", revision: toRevision });
  if (fromRevision !== null && !isReturnToStable(rollout)) {
    turn.once.push({ type: "retire", revision: fromRevision, at: now + seconds(rollout.strategy.keepStableSeconds) });
  }
  turn.enter("completed");
}

function keepStable(turn: Turn): void {
  const { rollout } = turn;
  const instances = rollout.desired.instances.map((entry) =>
    entry.revision === rollout.toRevision ? { ...entry, replicas: 0 } : entry,
  );
  turn.change({ desired: { ...rollout.desired, instances } });
  turn.enter("completed", `revision ${rollout.fromRevision} keeps serving: ${whyKept(rollout)}`);
}

function whyKept({ strategy, goal, shadow }: Rollout): string {
  if (strategy.type === "shadow" && shadow !== null) return describeShadow(shadow);
  if (strategy.type === "ab" && strategy.goal !== null) return goal?.message ?? NOTHING_REPORTED;
  return `the strategy ${strategy.type} means it so`;
}
