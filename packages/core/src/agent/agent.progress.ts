import { skipsChecks } from "../rollout/course.ts";
import { FORWARD_PHASES, isTerminal, type Phase } from "../rollout/phase.ts";
import { planDuration } from "../rollout/progress.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { type Instant, seconds } from "../time.ts";

type ForwardPhase = (typeof FORWARD_PHASES)[number];

/** A phase that a rollout was in, and until when; null: it is in it now. */
export interface PhaseSpan {
  phase: Phase;
  from: Instant;
  until: Instant | null;
}

/** Milliseconds that a phase takes beyond what the request itself says: tests, steps and watching have their declared lengths. */
export type PhaseOverheads = Readonly<Partial<Record<ForwardPhase, number>>>;

/** While there is no history: about what an agent on a quiet machine takes. Milliseconds. */
const USUAL: Readonly<Record<ForwardPhase, number>> = {
  queued: 500,
  validating: 1_000,
  awaiting_approval: 0,
  gating: 500,
  preparing: 5_000,
  testing: 3_000,
  shifting: 2_000,
  monitoring: 1_000,
};

/** What share of the whole each phase is shown as, in percent from and to. */
const BANDS: Readonly<Record<ForwardPhase, readonly [from: number, to: number]>> = {
  queued: [0, 5],
  validating: [5, 12],
  awaiting_approval: [12, 14],
  gating: [14, 16],
  preparing: [16, 25],
  testing: [25, 65],
  shifting: [65, 85],
  monitoring: [85, 99],
};

/** Spans from the moves that a rollout reported, oldest first; it begins in `queued`. */
export function phaseSpans(createdAt: Instant, moves: readonly { to: Phase; at: Instant }[]): PhaseSpan[] {
  const entered = [{ to: "queued" as Phase, at: createdAt }, ...moves];
  return entered.map(({ to, at }, index) => ({ phase: to, from: at, until: entered[index + 1]?.at ?? null }));
}

/** Milliseconds that the request itself sets for a phase. */
function declared(rollout: Rollout, phase: ForwardPhase): number {
  const { strategy, steps } = rollout;
  if (phase === "shifting") return seconds(planDuration(steps, 0).shortestSeconds);
  if (skipsChecks(rollout)) return 0;
  if (phase === "monitoring") return seconds(strategy.monitoringSeconds);
  if (phase !== "testing" || strategy.tests === null) return 0;
  const { performanceTest, loadTest, testDuration } = strategy.tests;
  return seconds((Number(performanceTest) + Number(loadTest)) * testDuration);
}

/** What earlier deployments took beyond what was declared for them: the median of each phase that any of them passed. */
export function learnOverheads(past: readonly { rollout: Rollout; spans: readonly PhaseSpan[] }[]): PhaseOverheads {
  return Object.fromEntries(
    FORWARD_PHASES.flatMap((phase) => {
      if (phase === "awaiting_approval") return [];
      const seen = past.flatMap(({ rollout, spans }) =>
        spans.flatMap((span) =>
          span.phase === phase && span.until !== null
            ? [Math.max(0, span.until - span.from - declared(rollout, phase))]
            : [],
        ),
      );
      return seen.length === 0 ? [] : [[phase, median(seen)]];
    }),
  );
}

/** How long a phase of this rollout will take, from the request and from history. Milliseconds. */
const expected = (rollout: Rollout, phase: ForwardPhase, learnt: PhaseOverheads): number =>
  declared(rollout, phase) + (learnt[phase] ?? USUAL[phase]);

interface Standing {
  rollout: Rollout;
  spans: readonly PhaseSpan[];
  /** From deployments that had ended before this one began, so that it is the same as long as this one lasts. */
  learnt: PhaseOverheads;
  now: Instant;
}

/**
 * How far along, 0 to 100: never less than before, 100 for `completed` alone. On the way back, and after it, what had been reached.
 */
export function agentProgress({ rollout, spans, learnt, now }: Standing): number {
  if (rollout.phase === "completed") return 100;
  const last = spans.findLast((span) => isForward(span.phase));
  if (last === undefined || !isForward(last.phase)) return 0;
  const [from, to] = BANDS[last.phase];
  const wanted = expected(rollout, last.phase, learnt);
  const share = wanted === 0 ? 1 : Math.min(1, elapsedIn(rollout, last, now) / wanted);
  return Math.floor(from + share * (to - from));
}

/**
 * When the deployment completes if nothing holds it up; null when nobody can know: it has ended, is paused or on the way back, or
 * a person must approve first.
 */
export function agentCompletion({ rollout, spans, learnt, now }: Standing): Instant | null {
  const { phase, pausedAt, approvals, requiredApprovals, steps, step } = rollout;
  if (isTerminal(phase) || !isForward(phase) || pausedAt !== null) return null;
  const here = FORWARD_PHASES.indexOf(phase);
  if (here <= FORWARD_PHASES.indexOf("awaiting_approval") && approvals.length < requiredApprovals) return null;
  if (planDuration(steps.slice(step), 0).approvals > 0) return null;
  const last = spans.at(-1);
  const elapsed = last?.phase === phase ? elapsedIn(rollout, last, now) : 0;
  const left = FORWARD_PHASES.slice(here).map((one) => {
    const whole = expected(rollout, one, learnt);
    return one === phase ? Math.max(0, whole - elapsed) : whole;
  });
  return Math.round(now + left.reduce((sum, ms) => sum + ms, 0));
}

const isForward = (phase: Phase): phase is ForwardPhase => (FORWARD_PHASES as readonly Phase[]).includes(phase);

/** Time in a phase without the pauses in it. Of a phase that is over, pauses are not known any more: all of it. */
function elapsedIn({ pausedAt, pausedMs }: Rollout, { from, until }: PhaseSpan, now: Instant): number {
  return until === null ? Math.max(0, (pausedAt ?? now) - from - pausedMs) : until - from;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
