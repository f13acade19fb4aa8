import { ArmOfErrorJudge } from "../analysis/arm-of-error.ts";
import { isBatchComplete } from "../analysis/batch-closer.ts";
import type { OutcomeTable } from "../analysis/fisher.ts";
import { FisherJudge } from "../analysis/fisher-judge.ts";
import { describeEvidence } from "../analysis/guard.reason.ts";
import type { MixtureState } from "../analysis/switching-mixture.ts";
import type { GoalReport } from "./comparison.ts";

/** Requests of an arm since the test began, and how often they came to the goal. Whole numbers that only grow. */
export interface GoalCounts {
  exposures: number;
  goals: number;
}

export interface GoalTotals {
  stable: GoalCounts;
  candidate: GoalCounts;
}

/** What is known for one direction: that the candidate, or stable, is the better one. */
interface Direction {
  /** B1 over the requests and goals of each batch. */
  within: MixtureState;
  /** B4 over the goals alone, against the nominal share; as it was at the start where there is none. */
  shares: MixtureState;
}

/** An A/B test's judgement so far; JSON, so that it survives a restart. */
export interface GoalState {
  /** What has been judged. */
  judged: GoalTotals;
  /** The candidate's nominal share of the requests in (0, 1); null when callers are chosen by a rule. */
  share: number | null;
  candidate: Direction;
  stable: Direction;
  winner: GoalReport["winner"];
}

/** A batch has at least so many requests of the rarer arm. */
const BATCH = 10;

const NOTHING: GoalCounts = { exposures: 0, goals: 0 };

const begun = (): Direction => ({
  within: new FisherJudge().state(),
  shares: new ArmOfErrorJudge().state(),
});

/** An A/B test before its first request. `share` as in `GoalState`. */
export const beginGoal = (share: number | null): GoalState => ({
  judged: { stable: NOTHING, candidate: NOTHING },
  share,
  candidate: begun(),
  stable: begun(),
  winner: null,
});

/**
 * Judges what came since the last batch, once there are enough requests for another one; whether there are is decided by
 * their number and never by goals. Call it by the clock, not when a goal arrives, or the evidence is not valid. A change of the
 * nominal share discards the batch that it falls into.
 *
 * Two e-processes watch each direction, and the lesser one counts, which is valid as soon as one of them is:
 * - B1 (ANALYSIS §2.1) on the goals of each batch's requests, each request having at most one. Needs goals that come with
 *   their requests; the split may move as it likes.
 * - B4 (ANALYSIS §2.2; Lindon & Malek, NeurIPS 2022): a goal comes from the candidate with the probability that its request
 *   had. Needs requests that are drawn one by one with the nominal share; goals may come as late as they like.
 *
 * At most α/2 is spent on each direction, so a version that is no better is named the winner with probability ≤ α/2.
 */
export function judgeGoal(state: GoalState, totals: GoalTotals, share: number | null, alpha: number): GoalState {
  if (share !== state.share) return { ...state, judged: totals, share };
  const stable = since(totals.stable, state.judged.stable);
  const candidate = since(totals.candidate, state.judged.candidate);
  if (!isEnough({ stable: stable.exposures, candidate: candidate.exposures }, share)) return state;
  const next = {
    judged: totals,
    share,
    candidate: judgeDirection(state.candidate, candidate, stable, share),
    stable: judgeDirection(state.stable, stable, candidate, share === null ? null : 1 - share),
  };
  return { ...next, winner: state.winner ?? winnerOf(next, boundOf(alpha)) };
}

/** What an A/B test says now, in figures and in one sentence. */
export function reportGoal(
  state: GoalState,
  totals: GoalTotals,
  { goal, alpha, revisions }: { goal: string; alpha: number; revisions: { stable: number; candidate: number } },
): GoalReport {
  const bound = boundOf(alpha);
  const logEvidence = { candidate: evidenceOf(state.candidate), stable: evidenceOf(state.stable) };
  const seen =
    `${goal}: ${described(totals.candidate)} on revision ${revisions.candidate}` +
    ` against ${described(totals.stable)} on revision ${revisions.stable}`;
  const message = `${seen}; ${verdictOf(state, totals, { logEvidence, bound, revisions })}`;
  return {
    goal,
    stable: totals.stable,
    candidate: totals.candidate,
    logEvidence,
    bound,
    winner: state.winner,
    message,
  };
}

const boundOf = (alpha: number): number => Math.log(2 / alpha);

const since = (now: GoalCounts, before: GoalCounts): GoalCounts => ({
  exposures: Math.max(0, now.exposures - before.exposures),
  goals: Math.max(0, now.goals - before.goals),
});

const isEnough = (sizes: { stable: number; candidate: number }, share: number | null): boolean =>
  share === null ? Math.min(sizes.stable, sizes.candidate) >= BATCH : isBatchComplete(sizes, share, BATCH);

/** Evidence that `one` comes to the goal more often than `other`; `share` is the nominal one of `one`. */
function judgeDirection(before: Direction, one: GoalCounts, other: GoalCounts, share: number | null): Direction {
  const table: OutcomeTable = {
    candidateErrors: Math.min(one.goals, one.exposures),
    candidateRequests: one.exposures,
    stableErrors: Math.min(other.goals, other.exposures),
    stableRequests: other.exposures,
  };
  const within = new FisherJudge(before.within);
  within.update(table);
  const shares = new ArmOfErrorJudge(before.shares);
  if (share !== null) shares.update({ candidateErrors: one.goals, errors: one.goals + other.goals, share });
  return { within: within.state(), shares: shares.state() };
}

/** ln e-value, of a direction whose nominal share is known by the lesser of both processes. */
function evidenceOf({ within, shares }: Direction): number {
  return shares.batches === 0 ? within.logWealth : Math.min(within.logWealth, shares.logWealth);
}

function winnerOf(state: Pick<GoalState, "candidate" | "stable">, bound: number): GoalReport["winner"] {
  if (evidenceOf(state.candidate) >= bound) return "candidate";
  return evidenceOf(state.stable) >= bound ? "stable" : null;
}

function described({ exposures, goals }: GoalCounts): string {
  const rate = exposures === 0 ? "" : ` (${Number(((100 * goals) / exposures).toPrecision(3))} %)`;
  return `${goals} goals in ${exposures} requests${rate}`;
}

function verdictOf(
  { winner }: GoalState,
  { stable, candidate }: GoalTotals,
  {
    logEvidence,
    bound,
    revisions,
  }: Pick<GoalReport, "logEvidence" | "bound"> & {
    revisions: { stable: number; candidate: number };
  },
): string {
  const asked = describeEvidence(bound);
  if (winner !== null)
    return `the evidence that revision ${revisions[winner]} is better reached the ${asked} asked for, so it wins`;
  if (stable.goals + candidate.goals === 0) return "nobody reported the goal yet, so nothing can be said";
  const [leader, evidence] =
    logEvidence.candidate >= logEvidence.stable
      ? (["candidate", logEvidence.candidate] as const)
      : (["stable", logEvidence.stable] as const);
  const known = `the evidence that revision ${revisions[leader]} is better is ${describeEvidence(evidence)} of the ${asked} asked for`;
  // Evidence grows with the number of requests when the rates stay as they are; near nothing it says nothing of that.
  if (evidence < 1) return `${known}; the rates are too alike to say how many more requests would decide`;
  const more = (stable.exposures + candidate.exposures) * (bound / evidence - 1);
  return `${known}; at these rates about ${Number(Math.max(1, more).toPrecision(2))} more requests would decide`;
}
