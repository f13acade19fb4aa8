import { skipsChecks } from "../rollout/course.ts";
import type { Facts } from "../rollout/facts.ts";
import type { Rollout, StepState } from "../rollout/rollout.ts";
import type { Instant } from "../time.ts";
import { isBusy, isTouched, type MemberState } from "./member.ts";

/** What is to be done at one target. Idempotent: given again until the facts show it. */
export const MEMBER_ORDERS = ["deliver", "return", "pause", "resume", "promote"] as const;
export type MemberOrder = (typeof MEMBER_ORDERS)[number];

export interface TargetOrder {
  target: string;
  order: MemberOrder;
}

type WaveStep = Extract<StepState, { type: "wave" }>;

/**
 * What separates the targets from what the rollout means them to be. Only targets of waves that have begun are delivered to;
 * on the way back all that were touched go back at once. A freeze begins nothing more, and ends nothing.
 */
export function targetOrders(rollout: Rollout, { members, frozenUntil }: Facts, now: Instant): TargetOrder[] {
  if (rollout.phase === "rolling_back") return returns(rollout, members);
  if (rollout.phase !== "shifting" && rollout.phase !== "monitoring") return [];
  if (rollout.pausedAt !== null) {
    return members.filter(({ state, paused }) => state === "underway" && !paused).map(ordered("pause"));
  }
  const frozen = !skipsChecks(rollout) && frozenUntil !== null && frozenUntil > now;
  const step = rollout.steps[rollout.step];
  const running = step?.type === "wave" && step.status === "running" ? step : null;
  return [
    ...members.filter((member) => isToResume(rollout, member)).map(ordered("resume")),
    ...(running === null || frozen ? [] : deliveries(running, members)),
    ...(rollout.promotedAt === null ? [] : members.filter(isToPromote).map(ordered("promote"))),
  ];
}

const ordered =
  (order: MemberOrder) =>
  ({ target }: MemberState): TargetOrder => ({ target, order });

/** A way back to where everything was, and what it took away: members go back to their own stable revision. */
function returns(rollout: Rollout, members: readonly MemberState[]): TargetOrder[] {
  const redelivers = rollout.fromRevision === rollout.toRevision;
  return members
    .filter(({ state, serves }) => state === "underway" || state === "held" || (serves && state !== "returning"))
    .filter((member) => !redelivers || isBusy(member))
    .map(ordered("return"));
}

/** As many as may be under way at once, in the order of the wave. */
function deliveries({ targets, maxParallel }: WaveStep, members: readonly MemberState[]): TargetOrder[] {
  const own = members.filter(({ target }) => targets.includes(target));
  const free = maxParallel - own.filter(isBusy).length;
  return targets
    .flatMap((target) => own.find((member) => member.target === target && member.state === "waiting") ?? [])
    .slice(0, Math.max(0, free))
    .map(ordered("deliver"));
}

/** Paused under an attempt that somebody has let go on since. */
const isToResume = ({ attempts }: Rollout, { state, paused, attempt }: MemberState): boolean =>
  state === "underway" && paused && attempt < attempts.members;

const isToPromote = ({ state, phase, paused, promoted }: MemberState): boolean =>
  state === "underway" && !paused && !promoted && (phase === "shifting" || phase === "monitoring");

/** Whether every target of the wave runs what is delivered. One that the environment has no more is not waited for. */
export const waveIsDone = ({ targets }: WaveStep, members: readonly MemberState[]): boolean =>
  members.filter(({ target }) => targets.includes(target)).every(({ state }) => state === "done");

/** Whether no target has anything left of what was delivered. */
export const allAreBack = (rollout: Rollout, members: readonly MemberState[]): boolean =>
  !members.some(rollout.fromRevision === rollout.toRevision ? isBusy : isTouched);

/**
 * The target whose trouble is the rollout's: one that failed or is held. A way back goes on to the end at every other target
 * before it is stopped for one.
 */
export function lostTarget({ rollbackOf }: Rollout, members: readonly MemberState[]): MemberState | null {
  if (rollbackOf !== null && members.some(({ state }) => state === "underway" || state === "waiting")) return null;
  return members.find(({ state }) => state === "failed" || state === "held") ?? null;
}
