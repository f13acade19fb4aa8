import { type ArmPair, errorTable, slownessTable } from "./guard.arrivals.ts";
import type { GuardConfig, GuardMetric } from "./guard.types.ts";
import type { LatencyFinding } from "./latency-judge.ts";
import { LATENCY_BINS } from "./log-bins.ts";
import { describeStaysOpen, mostThatStaysOpen } from "./stays-open.ts";

/** An e-value for people: `312×`, and a power of ten when it is astronomical. */
export function describeEvidence(logEvidence: number): string {
  const exponent = logEvidence / Math.LN10;
  if (exponent >= 6) return `10^${Math.floor(exponent)}×`;
  const value = Math.exp(logEvidence);
  // Rounded down, so that evidence never reads larger than it is; the slack is for 1/0.004, which is not quite 250.
  return `${value >= 10 ? Math.floor(value + 1e-6) : value.toPrecision(2)}×`;
}

/** Which revisions are compared. */
export type ComparedRevisions = Pick<GuardConfig, "stable" | "candidate">;

export const milliseconds = (ms: number | null): string =>
  ms === null ? "unknown" : `${Number(ms.toPrecision(3))} ms`;

/** What was seen of errors, against what, with how many samples. */
export const describeErrors = (config: ComparedRevisions, { candidate, stable }: ArmPair): string =>
  `error rate: ${candidate.errors} of ${candidate.requests} requests failed on revision ${config.candidate}` +
  ` against ${stable.errors} of ${stable.requests} on revision ${config.stable}`;

/** What was seen of latencies, at the place where most of the evidence lies. */
export function describeLatency(
  config: ComparedRevisions,
  { candidate, stable }: ArmPair,
  finding: LatencyFinding,
): string {
  if (finding.by === "rank") {
    return (
      `latency: ${candidate.timed} requests are slower throughout on revision ${config.candidate} than ` +
      `${stable.timed} on revision ${config.stable} (median ${milliseconds(candidate.latency.quantile(0.5))} ` +
      `against ${milliseconds(stable.latency.quantile(0.5))})`
    );
  }
  const { stableBin, candidateBin } = finding;
  const stableLimit = candidateBin === stableBin ? "" : ` longer than ${milliseconds(LATENCY_BINS.edge(stableBin))}`;
  return (
    `latency: ${candidate.slowerThan(candidateBin)} of ${candidate.timed} requests took longer than ` +
    `${milliseconds(LATENCY_BINS.edge(candidateBin))} or failed on revision ${config.candidate} ` +
    `against ${stable.slowerThan(stableBin)} of ${stable.timed}${stableLimit} on revision ${config.stable}`
  );
}

/** The evidence of one edge is shared with the other edges and the bet on ranks (ANALYSIS §3.2). */
const LOG_WATCHED = Math.log(5);

/**
 * What would have kept the gate open, as the end of the sentence; empty when nobody can say. `needed` is ln of the metric's
 * own evidence that would just have closed it.
 */
export function describeOtherwise(totals: ArmPair, needed: number, found: LatencyFinding | GuardMetric): string {
  if ("by" in found) {
    if (found.by === "rank") return "";
    const most = mostThatStaysOpen(slownessTable(totals, found), needed + LOG_WATCHED, null);
    return most === null ? "" : `; ${describeStaysOpen(most, "such")}`;
  }
  const most = mostThatStaysOpen(errorTable(totals), needed, found.margin ?? null);
  return most === null ? "" : `; ${describeStaysOpen(most, "failed")}`;
}
