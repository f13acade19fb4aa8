import { type ArmState, LATENCY_BINS, type RevisionStats } from "@sluice/core";

/** Where what is no latency is counted, beside the bins of the log histogram. */
export const BIN = {
  /** Reports of answers that were no error, without a latency. */
  untimed: -1,
  /** Reports of answers that were an error. */
  error: -2,
  /** How often a revision was handed out, by lot or by key. */
  handedOut: -3,
} as const;

/** What was counted of one revision since ever, by bin. */
export type RevisionCounts = ReadonlyMap<number, number>;

/** Which bin a report falls into; null when it says nothing about how the answer went. */
export function binOfReport({ error, latencyMs }: { error?: boolean | undefined; latencyMs?: number | undefined }) {
  if (error === true) return BIN.error;
  if (latencyMs !== undefined) return LATENCY_BINS.binOf(latencyMs);
  return error === false ? BIN.untimed : null;
}

/**
 * Reports as the guard and the judge take requests. They are not dealt by the weights that stand when they arrive (an answer is
 * reported after it was given), so the sample ratio is not asked about them: all are `undealt`.
 */
export function armOf(counts: RevisionCounts): ArmState {
  const latency = [...counts].filter(([bin, count]) => bin >= 0 && count > 0).sort(([left], [right]) => left - right);
  const timed = latency.reduce((sum, [, count]) => sum + count, 0);
  const errors = counts.get(BIN.error) ?? 0;
  const warming = counts.get(BIN.untimed) ?? 0;
  const requests = errors + warming + timed;
  return { requests, errors, warming, undealt: requests, latency };
}

/** What `now` has that `before` had not. Counts never fall; should they, after a restored backup, nothing is new. */
export function newCounts(now: RevisionCounts, before: RevisionCounts): RevisionCounts {
  return new Map([...now].map(([bin, count]) => [bin, Math.max(0, count - (before.get(bin) ?? 0))]));
}

/** As the API shows what a revision did. Reports are its requests. */
export function statsOf(revision: number, counts: RevisionCounts): RevisionStats {
  const { requests, errors, latency } = armOf(counts);
  return {
    revision,
    requests,
    status: { "1xx": 0, "2xx": requests - errors, "3xx": 0, "4xx": 0, "5xx": 0, failed: errors },
    errors,
    aborted: 0,
    bytesIn: 0,
    bytesOut: 0,
    inFlight: 0,
    latency,
    exposures: counts.get(BIN.handedOut) ?? 0,
  };
}
