import { heedMembers } from "../../fleet/heed.ts";
import { allAreBack } from "../../fleet/orders.ts";
import { seconds } from "../../time.ts";
import { FULL_WEIGHT, splitBetween, type Weight } from "../../traffic/split.ts";
import { candidateReplicas, fullReplicas, leastCandidateWeight, readyCount } from "../capacity.ts";
import { HEARTBEAT_MS, RECHECK_MS } from "../clock.ts";
import { candidateWeight, isReturnToStable, wasExposed } from "../course.ts";
import { NOTHING_DESIRED } from "../desired.ts";
import { takenBack } from "../migrations.ts";
import type { DesiredState } from "../rollout.ts";
import type { Turn } from "../turn.ts";

/**
 * Traffic goes to stable first, as fast as stable's ready instances can take it (edge case 9), and only when the data
 * plane shows none for the candidate does the candidate go. The candidate's weight never rises (edge case 10). Without
 * a ready instance of stable, a candidate that has one keeps serving (edge case 23); only a newer rollout that waits
 * longer than the progress deadline ends that: a candidate that serves everything is then what the newer one starts from.
 */
export function rollingBack(turn: Turn): void {
  const { rollout, facts, now } = turn;
  turn.wake(now + HEARTBEAT_MS);
  if (!targetsAreBack(turn)) return;
  if (isReturnToStable(rollout)) {
    leave(turn, rollout.desired.instances);
    return;
  }
  if (rollout.fromRevision === null) {
    withdrawFirstDelivery(turn);
    return;
  }

  const instances = [
    { revision: rollout.fromRevision, replicas: fullReplicas(facts) },
    { revision: rollout.toRevision, replicas: keptReplicas(turn) },
  ];
  const weight = returnWeight(turn);
  const split = facts.routed ? splitBetween(rollout.fromRevision, rollout.toRevision, weight) : null;
  // The guard stays: a gate that it closed must not open on the way back.
  turn.change({ desired: { ...NOTHING_DESIRED, instances, split, guard: rollout.desired.guard } });

  const held = facts.routed
    ? weight > 0
    : wasExposed(rollout) && readyCount(facts.stable) === 0 && readyCount(facts.candidate) > 0;
  if (held) {
    hold(turn);
    return;
  }
  if (!wasExposed(rollout) || turn.trafficSettled) leave(turn, instances.slice(0, 1));
  else turn.wake(now + RECHECK_MS);
}

/** Every target goes back by itself, traffic first. One that cannot be reached is waited for: nothing is half forgotten. */
function targetsAreBack(turn: Turn): boolean {
  if (turn.rollout.waves === null) return true;
  heedMembers(turn);
  return allAreBack(turn.rollout, turn.facts.members);
}

function keptReplicas({ rollout, facts }: Turn): number {
  const wanted = rollout.desired.instances.find((entry) => entry.revision === rollout.toRevision)?.replicas;
  return wanted ?? candidateReplicas(rollout, facts);
}

/** The candidate's weight for now: never more than it was wished or seen to have. */
function returnWeight(turn: Turn): Weight {
  const { rollout, facts } = turn;
  const wished = candidateWeight(rollout, rollout.desired.split);
  const { verified, split } = facts.traffic;
  const seen = verified && split !== null ? candidateWeight(rollout, split) : wished;
  const current = Math.min(wished, seen);
  if (readyCount(facts.candidate) === 0) return 0;
  if (readyCount(facts.stable) === 0) {
    // With only a part of the traffic the candidate saves little; the fix that waits must not wait for that.
    return overdue(turn) && facts.newer !== null && current < FULL_WEIGHT ? 0 : current;
  }
  // Whatever stable has by the deadline must do.
  return overdue(turn) ? 0 : Math.min(current, leastCandidateWeight(facts));
}

function overdue({ rollout, facts, now }: Turn): boolean {
  const since = rollout.unavailableSince;
  return since !== null && now - since >= seconds(facts.progressDeadlineSeconds);
}

function hold(turn: Turn): void {
  const { rollout, facts, now } = turn;
  turn.wake(now + RECHECK_MS);
  if (rollout.unavailableSince === null) {
    turn.change({ unavailableSince: now });
    const wanted = fullReplicas(facts);
    const message = `revision ${rollout.fromRevision} has ${readyCount(facts.stable)} of ${wanted} instances ready; revision ${rollout.toRevision} keeps serving meanwhile`;
    turn.emit("rollout.return.held", message, { wanted, ready: readyCount(facts.stable) }, true);
    return;
  }
  const { newer, routed } = facts;
  const servesAll = !routed || (turn.trafficSettled && candidateWeight(rollout, rollout.desired.split) === FULL_WEIGHT);
  if (overdue(turn) && newer !== null && servesAll && rollout.fromRevision !== null) {
    leaveCandidateServing(turn, rollout.fromRevision);
  }
}

/** Edge cases 12, 13 and 23 together: stable is dead, the candidate is the only healthy copy, and a fix waits. */
function leaveCandidateServing(turn: Turn, dead: number): void {
  const { rollout, now } = turn;
  turn.once.push({ type: "declareStable", revision: rollout.toRevision }, { type: "retire", revision: dead, at: now });
  turn.enter(
    "failed",
    `could not return: revision ${dead} has no ready instance, so revision ${rollout.toRevision} keeps serving`,
  );
}

/** There is no stable to return to: the route goes first, then the instances. */
function withdrawFirstDelivery(turn: Turn): void {
  const { rollout } = turn;
  turn.change({ desired: { ...rollout.desired, ...withoutTraffic } });
  if (!wasExposed(rollout) || turn.trafficSettled) leave(turn, []);
  else turn.wake(turn.now + RECHECK_MS);
}

const withoutTraffic: Omit<DesiredState, "instances"> = {
  split: null,
  mirror: null,
  pins: [],
  preview: null,
  guard: null,
};

/** Ends the rollout: the candidate goes, unless it is what serves, and what it had done to the data is taken back. */
function leave(turn: Turn, kept: DesiredState["instances"]): void {
  const { rollout } = turn;
  const gone = isReturnToStable(rollout) ? [] : [{ revision: rollout.toRevision, replicas: 0 }];
  turn.change({ desired: { ...rollout.desired, instances: [...kept, ...gone] } });
  const { migrations, candidate } = turn.facts;
  // Nobody may be working with what is taken back.
  const withdrawn = gone.length === 0 || (candidate?.present ?? 0) === 0;
  if ((migrations.applied.length > 0 || migrations.underway) && !withdrawn) {
    turn.wake(turn.now + RECHECK_MS);
    return;
  }
  if (!takenBack(turn, migrations.applied)) return;
  turn.enter(rollout.returningTo ?? "rolled_back");
}
