import type { JudgeMetricReport } from "../judge/judge.types.ts";
import { seconds } from "../time.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { readyCount } from "./capacity.ts";
import { RECHECK_MS, stepElapsed } from "./clock.ts";
import { candidateWeight } from "./course.ts";
import { fail, isAcceptedHere } from "./failure.ts";
import type { Turn } from "./turn.ts";

/**
 * Whether an `analyze` step may be left, given that the candidate has its instances. When several limits are crossed together
 * (edge case 29), the first of these decides:
 *
 * 1. `closed`: guard or judge found the candidate worse. Heeded before any step (see `heedReports`), and never outvoted.
 * 2. `hold`: somebody cannot judge: the split is not the nominal one (edge case 46), a source is down or answers nonsense
 *    (edge cases 25, 26), there was too little traffic (edge case 24). The step stays, at most `maxHoldSeconds`.
 * 3. `promote`: no worse than the margin on every metric that has one, or the goal of an A/B test has its winner: the step
 *    may end before its time, given the samples that were asked for.
 * 4. `continue`: the step ends when its time is over. Evidence of nothing ends nothing early (edge case 28).
 */
export function analyzeIsDone(turn: Turn, duration: number): boolean {
  const left = seconds(duration) - stepElapsed(turn.rollout, turn.now);
  if (left > 0) {
    turn.wake(turn.now + left);
    return decidedEarly(turn);
  }
  if (!turn.trafficSettled) {
    turn.wake(turn.now + RECHECK_MS);
    return false;
  }
  const held = whyHeld(turn);
  if (held === null) return true;
  hold(turn, held);
  return false;
}

/** Why the step is held, and what the strategy wants done about it. */
interface Held {
  reason: string;
  action: "hold" | "rollback";
}

/** Edge case 30: what ends early counts as success only where no limit is broken. */
function decidedEarly(turn: Turn): boolean {
  const { rollout } = turn;
  const { strategy, judge, analysis, goal } = rollout;
  if ((judge?.closed ?? null) !== null || (analysis?.closed ?? null) !== null) return false;
  if (!turn.trafficSettled || whyHeld(turn) !== null) return false;
  // What these two are for is to see the whole time, unless the goal is decided.
  if (strategy.type === "shadow") return false;
  if (strategy.type === "ab") return strategy.promoteWinner && (goal?.winner ?? null) !== null;
  // What was shown in an earlier step, at another weight, says nothing about this one.
  if (judge?.nonInferior !== true || (judge.step !== undefined && judge.step !== rollout.step)) return false;
  const minimum = Math.max(1, strategy.analysis.minimumSamples);
  // The gateway's counts are newer than the judge's: what is shown must have been shown with as many.
  const seen = judge.samples ?? turn.facts.traffic.samples;
  return Math.min(seen.stable, seen.candidate) >= minimum && missingArms(turn, minimum).length === 0;
}

function hold(turn: Turn, { reason, action }: Held): void {
  const { rollout, now } = turn;
  const { maxHoldSeconds, minimumSamples } = rollout.strategy.analysis;
  const found = { trigger: "no_data", cause: "no_data" } as const;
  // Whoever goes on in spite of it grants the time that a hold has.
  if (action === "rollback" && !isAcceptedHere(turn, "no_data")) {
    fail(turn, { ...found, reason });
    return;
  }
  if (rollout.noDataSince === null) {
    turn.change({ noDataSince: now });
    turn.emit("rollout.analysis.held", reason, { samples: turn.facts.traffic.samples, minimumSamples });
  }
  const heldMs = now - (rollout.noDataSince ?? now);
  if (heldMs >= seconds(maxHoldSeconds)) fail(turn, { ...found, reason: `${reason} within ${maxHoldSeconds} s` });
  else turn.wake(now + Math.min(RECHECK_MS, seconds(maxHoldSeconds) - heldMs));
}

/** Of several reasons the one that asks for most. Null when everybody who is to judge can. */
function whyHeld(turn: Turn): Held | null {
  const reasons = [tooFewRequests(turn), ...judgeIsUnsure(turn)].filter((held) => held !== null);
  return reasons.find((held) => held.action === "rollback") ?? reasons[0] ?? null;
}

function tooFewRequests(turn: Turn): Held | null {
  const { onNoData, minimumSamples } = turn.rollout.strategy.analysis;
  const missing = missingArms(turn, minimumSamples);
  if (missing.length === 0 || onNoData === "promote") return null;
  return { reason: `fewer than ${minimumSamples} requests of ${missing.join(" and ")} to judge by`, action: onNoData };
}

function judgeIsUnsure({ rollout, facts }: Turn): Held[] {
  const { judge, strategy } = rollout;
  const { onNoData, onProviderError } = strategy.analysis;
  if (judge === null) return [];
  const held: Held[] = [];
  // There is nothing to compare with where stable is broken, and its fix must not wait for that (edge case 12).
  const comparable = rollout.fromRevision === null || readyCount(facts.stable) > 0;
  if (judge.sampleRatio.doubted && comparable) held.push({ reason: judge.message, action: "hold" });
  const broken = judge.metrics.filter(({ status }) => status === "provider_error" || status === "invalid");
  if (broken.length > 0 && onProviderError !== "ignore") {
    held.push({ reason: `no judgement of ${named(broken)}`, action: onProviderError });
  }
  // Of what the gateway measures, the requests that were counted say more (see `tooFewRequests`).
  const empty = judge.metrics.filter(({ status, source }) => status === "no_data" && source !== "gateway");
  if (empty.length > 0 && onNoData !== "promote" && comparable) {
    held.push({ reason: `no figures of ${named(empty)}`, action: onNoData });
  }
  const accountedFor = judge.sampleRatio.doubted || judge.metrics.some(({ status }) => status !== "ok");
  if (judge.verdict === "hold" && !accountedFor) held.push({ reason: judge.message, action: "hold" });
  return held;
}

const named = (metrics: readonly JudgeMetricReport[]): string =>
  metrics.map(({ name, message }) => `${name} (${message})`).join(", ");

/** Arms that should have had `minimum` requests in this step and had fewer. A broken stable is not waited for (edge case 12). */
function missingArms({ rollout, facts }: Turn, minimum: number): string[] {
  if (!facts.routed) return [];
  const { samples } = facts.traffic;
  const weight = candidateWeight(rollout, rollout.desired.split);
  const stableServes = rollout.fromRevision !== null && weight < FULL_WEIGHT && readyCount(facts.stable) > 0;
  const candidateServes = weight > 0 || rollout.desired.pins.length > 0;
  const missing: string[] = [];
  if (stableServes && samples.stable < minimum) missing.push("stable");
  // A shadow's answers are nobody's: what was copied is known from stable's own requests.
  if (candidateServes && samples.candidate < minimum) missing.push("the candidate");
  return missing;
}
