import { BlockJudge, marginDetection } from "../analysis/block-judge.ts";
import { FisherJudge } from "../analysis/fisher-judge.ts";
import { ArmCounts, type ArmPair, errorTable } from "../analysis/guard.arrivals.ts";
import { LatencyJudge } from "../analysis/latency-judge.ts";
import { LATENCY_BINS } from "../analysis/log-bins.ts";
import { mostThatStaysOpen, smallestCount } from "../analysis/stays-open.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { TrafficLimitJudge } from "./limit.judge.ts";
import type { TrafficPart } from "./traffic.judge.ts";

/** Requests of stable that come with `candidates` of the candidate's at this weight. */
export const besides = (candidates: number, weight: number | null): number => {
  const nominal = weight === null || weight <= 0 || weight >= FULL_WEIGHT ? FULL_WEIGHT / 2 : weight;
  return Math.max(1, Math.round((candidates * (FULL_WEIGHT - nominal)) / nominal));
};

/**
 * How many more bad outcomes of the candidate, in a row and beside good ones of stable, would bring the part's evidence to
 * `needed`; null when no number that matters would.
 */
export function moreToClose(part: TrafficPart, needed: number, weight: number | null): number | null {
  const reaches = (evidence: (count: number) => number): number | null =>
    smallestCount((count) => evidence(count) >= needed);
  switch (part.kind) {
    case "errors":
      return reaches((count) => {
        const judge = copyOfErrors(part);
        judge.update({
          candidateErrors: count,
          candidateRequests: count,
          stableErrors: 0,
          stableRequests: besides(count, weight),
        });
        return judge.logWealth;
      });
    case "latency":
      return reaches((count) => {
        const { tolerance: relative, toleranceMs: absoluteMs, quantile } = part.terms;
        const judge = new LatencyJudge(
          { relative, absoluteMs, quantile: quantile ?? undefined },
          null,
          part.judge.state(),
        );
        judge.update(slowBeside(count, besides(count, weight)));
        return judge.logEvidence;
      });
    case "limit":
      return reaches((count) => {
        const judge = new TrafficLimitJudge(part.terms, part.judge.state());
        judge.update(slowBeside(count, 0).candidate);
        return judge.logEvidence;
      });
  }
}

/** As {@link mostThatStaysOpen}, for the part's own requests; null for what cannot be counted so. */
export const fewerToStayOpen = (part: TrafficPart, totals: ArmPair, needed: number): number | null =>
  part.kind === "errors" ? mostThatStaysOpen(errorTable(totals), needed, part.terms.margin) : null;

const copyOfErrors = ({ terms, judge }: Extract<TrafficPart, { kind: "errors" }>): FisherJudge | BlockJudge =>
  judge instanceof FisherJudge || terms.margin === null
    ? new FisherJudge(judge instanceof FisherJudge ? judge.state() : undefined)
    : new BlockJudge(marginDetection(terms.margin), judge.state());

/** `slow` requests of the candidate beyond every edge, which failed as well, and `fast` ones of stable. */
function slowBeside(slow: number, fast: number): ArmPair {
  const [candidate, stable] = [new ArmCounts(), new ArmCounts()];
  const none = new Float64Array(LATENCY_BINS.count);
  candidate.add({ requests: slow, errors: slow, latency: none });
  const quick = Float64Array.from(none);
  quick[0] = fast;
  stable.add({ requests: fast, errors: 0, latency: quick });
  return { candidate, stable };
}
