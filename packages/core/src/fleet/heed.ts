import { fail } from "../rollout/failure.ts";
import type { Turn } from "../rollout/turn.ts";
import { isTouched, type MEMBER_STATES, type MemberState } from "./member.ts";
import { lostTarget } from "./orders.ts";

/** Takes over what the targets have come to, and tells what is new of each. */
export function heedMembers(turn: Turn): void {
  const { rollout, facts } = turn;
  if (rollout.waves === null) return;
  for (const member of facts.members) {
    const before = rollout.members.find(({ target }) => target === member.target) ?? null;
    tell(turn, member, before);
  }
  turn.change({ members: facts.members });
}

function tell(turn: Turn, member: MemberState, before: MemberState | null): void {
  const { target, state, rollout, reason } = member;
  const data = { target, rollout, state, reason };
  if (turn.rollout.phase === "rolling_back" && !isTouched(member)) {
    if (before !== null && isTouched(before)) turn.emit("rollout.target.returned", `target ${target} is back`, data);
    return;
  }
  if (state !== (before?.state ?? "waiting")) {
    turn.emit(`rollout.target.${EVENTS[state]}`, `target ${target} ${WORDS[state]}${because(reason)}`, data);
  } else if (reason !== null && before?.reason == null) {
    turn.emit("rollout.target.unreachable", `target ${target} is waited for${because(reason)}`, data, true);
  }
}

const because = (reason: string | null): string => (reason === null ? "" : `: ${reason}`);

const EVENTS: Readonly<Record<(typeof MEMBER_STATES)[number], string>> = {
  waiting: "waiting",
  underway: "begun",
  held: "held",
  done: "delivered",
  failed: "failed",
  returning: "returning",
};

const WORDS: Readonly<Record<(typeof MEMBER_STATES)[number], string>> = {
  waiting: "has nothing of it",
  underway: "is under way",
  held: "is held",
  done: "runs it",
  failed: "has failed",
  returning: "goes back",
};

/** A target that failed stops the whole, or turns it back, as the waves say. Returns whether it has turned back. */
export function targetIsLost(turn: Turn): boolean {
  if (turn.rollout.waves === null) return false;
  const lost = lostTarget(turn.rollout, turn.facts.members);
  if (lost === null) return false;
  const reason = `target ${lost.target}: ${lost.reason ?? "its rollout ended early"}`;
  return fail(turn, { trigger: lost.trigger ?? "deployment_failure", reason, cause: "target" });
}
