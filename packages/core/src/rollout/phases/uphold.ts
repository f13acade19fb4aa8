import { heedMembers, targetIsLost } from "../../fleet/heed.ts";
import { isTouched } from "../../fleet/member.ts";
import { percentFromWeight } from "../../traffic/split.ts";
import { readyCount } from "../capacity.ts";
import { HEARTBEAT_MS } from "../clock.ts";
import { candidateWeight, targetWeight } from "../course.ts";
import { forwardDesired } from "../desired.ts";
import { fail, isAccepted } from "../failure.ts";
import type { Turn } from "../turn.ts";
import { isFrozen, isIrreversible, noWayBack } from "../way-back.ts";
import { watchAvailability } from "./availability.ts";
import { watchRefusal } from "./refusal.ts";
import { heedReports } from "./reports.ts";

/**
 * What holds in every phase with instances, paused or not: guard and judge are obeyed, so are the limits of instances, a
 * newer revision goes first, the desired state follows the facts, and a candidate that is short of instances, or a data plane that
 * refuses, has until the progress deadline. Returns false when the rollout has turned back.
 */
export function uphold(turn: Turn): boolean {
  turn.wake(turn.now + HEARTBEAT_MS);
  turn.change({ irreversible: turn.rollout.irreversible || isIrreversible(turn.rollout, turn.facts) });
  heedMembers(turn);
  if (heedReports(turn) || exhausted(turn) || targetIsLost(turn) || superseded(turn)) return false;
  applyDesired(turn);
  return !watchAvailability(turn) && !watchRefusal(turn);
}

function exhausted(turn: Turn): boolean {
  const { exhausted: found } = turn.facts;
  if (found === null || found.revision !== turn.rollout.toRevision || isAccepted(turn, "exhaustion")) return false;
  return fail(turn, { trigger: "resource_exhaustion", reason: found.message, cause: "exhaustion" });
}

/**
 * A newer revision goes first. Where there is no way back it begins only when that moves nobody to the code from before: as
 * soon as the candidate serves nobody, or everybody (ADR 7); until then it waits, and people are told what would help.
 */
export function superseded(turn: Turn): boolean {
  const { rollout, facts } = turn;
  const { newer } = facts;
  if (newer === null) return false;
  const stuck = noWayBack(rollout);
  if (stuck === null || servesNobody(turn)) {
    turn.giveUp("superseded", { trigger: "superseded", reason: `superseded by ${newer}` });
    return true;
  }
  if (rollout.newerWaiting === newer) return false;
  turn.change({ newerWaiting: newer });
  const help =
    rollout.pausedAt === null ? "until this one has all traffic" : "until somebody promotes or resumes this one";
  turn.emit("rollout.newer.waiting", `${newer} waits ${help}: ${stuck}`, { newer }, isFrozen(rollout));
  return false;
}

function servesNobody({ rollout, facts }: Turn): boolean {
  const { split, pins } = rollout.desired;
  if (rollout.waves !== null) return !facts.members.some(isTouched);
  return readyCount(facts.candidate) === 0 || (candidateWeight(rollout, split) === 0 && pins.length === 0);
}

function applyDesired(turn: Turn): void {
  const { rollout, facts } = turn;
  const desired = forwardDesired(rollout, facts, turn.now);
  const before = candidateWeight(rollout, rollout.desired.split);
  const after = candidateWeight(rollout, desired.split);
  turn.change({ desired });
  if (before === after) return;
  const withdrawn = after === 0 && targetWeight(rollout) > 0;
  const message = withdrawn
    ? `traffic withdrawn from revision ${rollout.toRevision}: it has no ready instance`
    : `revision ${rollout.toRevision} is to get ${percentFromWeight(after)} % (had ${percentFromWeight(before)} %)`;
  turn.emit("rollout.weight.changed", message, { from: before, to: after }, withdrawn);
}
