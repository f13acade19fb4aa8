import type { Instant } from "../../time.ts";
import { assertSplit, weightOf } from "../../traffic/split.ts";
import { candidateWeight, targetWeight } from "../course.ts";
import type { RolloutEvent } from "../effect.ts";
import { type Phase, TRANSITIONS } from "../phase.ts";
import type { Rollout } from "../rollout.ts";
import { isFrozen } from "../way-back.ts";
import type { SimulatedGateway, SimulatedRuntime } from "./world.ts";

/** The limits that never bend (ARCHITECTURE §9), as checks that throw. */

const desiredWeight = (rollout: Rollout): number => candidateWeight(rollout, rollout.desired.split);

/** Phases change along the table, and every change is told. */
export function checkMoves(before: Rollout, after: Rollout, events: readonly RolloutEvent[]): void {
  let phase: Phase = before.phase;
  for (const event of events.filter(({ type }) => type === "rollout.phase.changed")) {
    const to = event.data.to as Phase;
    if (event.data.from !== phase || !TRANSITIONS[phase].includes(to)) throw new Error(`moved from ${phase} to ${to}`);
    phase = to;
  }
  if (phase !== after.phase) throw new Error(`moved to ${after.phase} without saying so`);
}

/** Whatever turned back or failed says what it was. */
export function checkTrigger(after: Rollout): void {
  const turned = ["rolling_back", "rolled_back", "failed"].includes(after.phase);
  if (turned && after.trigger === null) throw new Error(`${after.phase} without a trigger: ${after.reason}`);
}

/** Only revisions that are ready get traffic, and the way back never raises the candidate's share. */
export function checkWeights(before: Rollout, after: Rollout, runtime: SimulatedRuntime): void {
  const rises = desiredWeight(after) > desiredWeight(before);
  const dead = runtime.ready(after.toRevision) === 0 && after.fromRevision !== after.toRevision;
  if (rises && dead) throw new Error(`revision ${after.toRevision} gets weight without a ready instance`);
  if (dead && runtime.ready(after.fromRevision ?? 0) > 0 && desiredWeight(after) > 0) {
    throw new Error(`revision ${after.toRevision} keeps weight without a ready instance`);
  }
  if (rises && before.phase === "rolling_back") throw new Error("the candidate's weight rises on the way back");
}

/** A frozen rollout moves no traffic, except away from a revision that has no ready instance, and back when it has. */
export function checkFrozen(before: Rollout, after: Rollout, runtime: SimulatedRuntime): void {
  if (!isFrozen(before) || !isFrozen(after)) return;
  const weight = desiredWeight(after);
  const withdrawn = weight === 0 && runtime.ready(after.toRevision) === 0;
  if (weight !== desiredWeight(before) && weight !== after.heldWeight && !withdrawn) {
    throw new Error(`a frozen rollout moved from ${desiredWeight(before)} to ${weight}`);
  }
}

/**
 * Old code is never put on data that it cannot read: what cannot be taken back goes only when it serves nobody, or when its
 * own last step has sent everybody to stable (an A/B test that promotes nobody).
 */
export function checkNoWayBack(before: Rollout, after: Rollout, runtime: SimulatedRuntime): void {
  if (!before.irreversible || after.phase !== "rolling_back" || before.phase === "rolling_back") return;
  const serves = runtime.ready(before.toRevision) > 0 && desiredWeight(before) > 0 && targetWeight(after) > 0;
  if (after.trigger !== "superseded" || serves) {
    throw new Error(`an irreversible rollout turned back (${after.trigger}) with ${desiredWeight(before)}`);
  }
}

/** Nothing that failed a required gate, or a test that was asked for, comes near traffic. */
export function checkJudged({ phase, gates, tests, toRevision }: Rollout): void {
  if (phase !== "shifting" && phase !== "monitoring" && phase !== "completed") return;
  if (gates.some((gate) => gate.required && gate.status !== "passed")) throw new Error("shifting past a gate");
  const open = tests.filter(({ status }) => status !== "passed" && status !== "skipped");
  if (open.length > 0) throw new Error(`revision ${toRevision} shifts with a test that is ${open[0]?.status}`);
}

/** What users meet: whole splits, no refused revision, never a third one. */
export function checkGateway(
  { split, config }: SimulatedGateway,
  known: { allowed: readonly (number | null | undefined)[]; isRefused(revision: number): boolean; now: Instant },
): void {
  if (split === null || config === null) return;
  assertSplit(split);
  const { mirror, pins, preview } = config.desired;
  const met = split.filter((entry) => weightOf(split, entry.revision) > 0);
  const others = [...(mirror === null ? [] : [mirror]), ...(preview === null ? [] : [preview]), ...pins];
  for (const { revision } of [...met, ...others]) {
    if (known.isRefused(revision)) throw new Error(`refused revision ${revision} has traffic at ${known.now}`);
    if (!known.allowed.includes(revision))
      throw new Error(`revision ${revision} has traffic, allowed: ${known.allowed.join(", ")}`);
  }
}
