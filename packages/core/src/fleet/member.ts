import { waitsForApproval } from "../rollout/allowed.ts";
import { isTerminal, type Phase } from "../rollout/phase.ts";
import type { Rollout } from "../rollout/rollout.ts";
import type { RollbackTrigger } from "../rollout/trigger.ts";
import { stoppedBy } from "../rollout/way-back.ts";
import { FULL_WEIGHT, type Weight, weightOf } from "../traffic/split.ts";

/**
 * Where one target stands, seen from the rollout that reaches several.
 *
 * - `waiting`: nothing was begun there, all of it was taken back, or a person wants it tried once more.
 * - `underway`: its own rollout goes forward.
 * - `held`: its own rollout was stopped by a failure, with its traffic where it was.
 * - `done`: it runs what is delivered.
 * - `failed`: its own rollout came to nothing.
 * - `returning`: it goes back to what served there before, or to nothing.
 */
export const MEMBER_STATES = ["waiting", "underway", "held", "done", "failed", "returning"] as const;
export type MemberStanding = (typeof MEMBER_STATES)[number];

export interface MemberState {
  target: string;
  state: MemberStanding;
  /** Its own rollout; null while there is none. */
  rollout: string | null;
  phase: Phase | null;
  paused: boolean;
  /** The candidate's share of the target's callers. */
  weight: Weight;
  /** Whether what is delivered is what serves there without a rollout. */
  serves: boolean;
  /** A step there waits for a person. */
  asks: boolean;
  /** A person has waived what was left there. */
  promoted: boolean;
  /** The `attempts.members` that its rollout was begun, or let go on, under. */
  attempt: number;
  trigger: RollbackTrigger | null;
  /** Why it failed, is held, or cannot be looked after, as a clause; null when nothing is wrong. */
  reason: string | null;
}

/** What is on disk of a member. */
export interface MemberSighting {
  target: string;
  /** The last rollout that was begun there for the whole one. */
  rollout: Rollout | null;
  stableRevision: number | null;
  /** It goes away, having had nothing to go back to. */
  leaving: boolean;
  /** Why the target cannot be reached now; null when it can. */
  trouble: string | null;
  /** Why the instances of what serves there fail; null when they do not, or nobody has looked. */
  failing: string | null;
}

type Whole = Pick<Rollout, "fromRevision" | "toRevision" | "attempts">;

export function memberState(seen: MemberSighting, whole: Whole): MemberState {
  const { target, rollout, stableRevision, trouble } = seen;
  const serves = stableRevision === whole.toRevision && whole.fromRevision !== whole.toRevision;
  const common = { target, serves, reason: trouble };
  const none = { rollout: null, phase: null, paused: false, weight: 0, asks: false, promoted: false, attempt: 0 };
  if (seen.leaving) return { ...none, ...common, serves: false, state: "returning", trigger: null };
  if (rollout === null) return { ...none, ...common, state: "waiting", trigger: null };
  const state = standingOf(rollout, whole);
  return {
    ...common,
    state: state === "done" && seen.failing !== null ? "failed" : state,
    rollout: rollout.id,
    phase: rollout.phase,
    paused: rollout.pausedAt !== null,
    weight: weightAt(rollout, serves),
    asks: waitsForApproval(rollout),
    promoted: isPromoted(rollout),
    attempt: rollout.attempts.members,
    trigger: seen.failing === null ? rollout.trigger : "health_check_failure",
    reason: trouble ?? seen.failing ?? (state === "failed" || state === "held" ? rollout.reason : null),
  };
}

function standingOf(rollout: Rollout, { toRevision, attempts }: Whole): MemberStanding {
  const forward = rollout.toRevision === toRevision;
  if (!isTerminal(rollout.phase)) {
    if (!forward || rollout.phase === "rolling_back") return "returning";
    return stoppedBy(rollout) !== null && rollout.attempts.members === attempts.members ? "held" : "underway";
  }
  if (rollout.phase === "completed") return forward ? "done" : "waiting";
  // What came to nothing is tried again when somebody lets the whole go on.
  return rollout.attempts.members < attempts.members ? "waiting" : "failed";
}

function weightAt({ phase, desired, toRevision }: Rollout, serves: boolean): Weight {
  if (isTerminal(phase)) return serves ? FULL_WEIGHT : 0;
  return desired.split === null ? 0 : weightOf(desired.split, toRevision);
}

/** Whether a person's promotion has reached it: what was left is skipped. */
const isPromoted = ({ promotedAt, phase, steps }: Rollout): boolean =>
  promotedAt !== null || (phase !== "monitoring" && steps.some((step) => step.status === "skipped"));

/** Whether its own rollout has not come to an end. */
export const isBusy = ({ state }: Pick<MemberState, "state">): boolean =>
  state === "underway" || state === "held" || state === "returning";

/** Whether there is anything there that a way back must take away. */
export const isTouched = (member: MemberState): boolean => isBusy(member) || member.serves;
