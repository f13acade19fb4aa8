import { seconds } from "../../time.ts";
import { bakeLeft } from "../bake.ts";
import { candidateIsReady } from "../capacity.ts";
import { RECHECK_MS } from "../clock.ts";
import { isReturnToStable, promotes } from "../desired.ts";
import type { Turn } from "../turn.ts";
import { uphold } from "./uphold.ts";

/**
 * All traffic on the candidate, stable kept warm. Left when the bake is over and the weight is still seen at the data
 * plane: then the candidate is the new stable. Where stable keeps the traffic (a shadow, an A/B test that promotes nobody)
 * there is nothing to bake: the candidate goes and stable is what it was. The guard is dismissed before, not after: one that
 * closed the gate of a completed rollout would send everybody to a revision that is about to go.
 */
export function monitoring(turn: Turn): void {
  if (!uphold(turn) || turn.paused) return;
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
  if (promoted) declareStable(turn);
  else keepStable(turn);
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
  turn.enter(
    "completed",
    `revision ${rollout.fromRevision} keeps serving, as the strategy ${rollout.strategy.type} means it`,
  );
}
