import { type ArmArrivals, LATENCY_BINS, LogHistogram } from "@sluice/core";
import type { Arm, Increments } from "./counter.ledger.ts";

interface Coarse {
  arm: Arm;
  msPerUnit: number;
  timesByOutcome: boolean;
}

/**
 * What came to an arm, as the judges count it. Buckets of a data plane are coarser than ours, and what is not known is taken to the
 * candidate's benefit: its answers took no longer than the lower edge of their bucket, stable's as long as the upper one. A candidate
 * that is no slower then looks no slower, whatever the buckets are: evidence stays evidence, and has less power.
 *
 * Where buckets do not tell failed answers from others, stable's fastest are left out in place of its failed ones, and the candidate's
 * failed ones count as answers.
 */
export function armCounts({ requests, failed, latency }: Increments, coarse: Coarse): ArmArrivals {
  const { arm, msPerUnit, timesByOutcome } = coarse;
  const edges = [...latency.keys()].sort((left, right) => left - right);
  const histogram = new LogHistogram();
  const mixed = !timesByOutcome && latency.size > 0;
  const failedAsAnswers = mixed && arm === "candidate";
  const most = failedAsAnswers ? requests : requests - failed;
  const timed = [...latency.values()].reduce((sum, count) => sum + count, 0);
  // More answers timed than counted: they are counted at another moment. The candidate's slowest are left out, and stable's fastest.
  let excess = Math.max(0, timed - most);
  for (const edge of arm === "stable" ? edges : edges.toReversed()) {
    const count = latency.get(edge) ?? 0;
    const left = Math.max(0, count - excess);
    excess -= count - left;
    const ms = arm === "stable" ? edge * msPerUnit : lowerEdge(edge, edges) * msPerUnit;
    if (left > 0) histogram.recordBin(LATENCY_BINS.binOf(ms), left);
  }
  return {
    requests,
    errors: failed,
    // Answers whose time is not known are no slow ones.
    warming: Math.max(0, most - histogram.total),
    latency: histogram.counts,
  };
}

const lowerEdge = (edge: number, edges: readonly number[]): number => edges[edges.indexOf(edge) - 1] ?? 0;
