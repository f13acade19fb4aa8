/**
 * What a guard is told and what it says. The guard is the analysis that runs inside the data plane (ANALYSIS §13):
 * it compares candidate with stable on the gateway's own traffic and may close the gate alone.
 */

export interface GuardMetric {
  name: "error_rate" | "latency";
  /** Share v_m of the wealth staked on this metric, fixed in advance; all shares add up to at most 1 (ANALYSIS §6.1). */
  share: number;
  /** `error_rate` only: how many more errors are fine; absent: none. */
  margin?: { difference: number; ratio: number };
  /** `latency` only: how much slower is fine, as a fraction (0.1 = +10 %), rounded to whole bins of the histogram. */
  tolerance?: number;
  /** `latency` only: how many milliseconds slower is fine, on top of that. */
  toleranceMs?: number;
  /** `latency` only: watch this quantile alone, in (0, 1). */
  quantile?: number;
}

export interface GuardConfig {
  /** Names the hypothesis: a rollout's id and attempt. Evidence and closing live and die with it. */
  hypothesis: string;
  stable: number;
  candidate: number;
  /** This guard's part of the rollout's α: 0.4 α over the number of gateways (ANALYSIS §13). In (0, 1). */
  alpha: number;
  metrics: GuardMetric[];
  /** When false the guard gathers evidence and reports, and leaves the split alone (`autoRollback: false`). */
  closes: boolean;
}

/** One arm's counts, cumulative; latencies as [bin, count] of the bins that are not empty. */
export interface ArmState {
  requests: number;
  errors: number;
  warming: number;
  /** See `ArmArrivals`; absent means 0. */
  undealt?: number;
  latency: [bin: number, count: number][];
}

/**
 * What the guard counted in the present period: a time in which weights, pins and mirror stood still. Cumulative, so
 * that whoever looks now and then takes differences; a count of another period is never subtracted from this one.
 */
export interface PeriodCounts {
  hypothesis: string;
  /** Grows with every period, over restarts of the gateway too. */
  period: number;
  /** The candidate's nominal share of what was counted, in hundredths of a percent. */
  weight: number;
  /** The candidate only got copies: nobody's arm was drawn by lot, so the sample ratio says nothing. */
  mirrored: boolean;
  stable: ArmState;
  candidate: ArmState;
}

export interface MetricEvidence {
  name: string;
  /** ln of the e-value: evidence that the candidate is worse. 0 means none. */
  logEvidence: number;
  /**
   * The observed figure of each arm since the hypothesis began: a share of errors, or the 95th percentile of the answers'
   * latency in milliseconds. Null without samples.
   */
  stable: number | null;
  candidate: number | null;
}

export interface GuardReport {
  hypothesis: string;
  /** Combined ln e-value over the metrics, its maximum so far, and the bound ln(1/α) that closes the gate. */
  logEvidence: number;
  maxLogEvidence: number;
  bound: number;
  metrics: MetricEvidence[];
  samples: { stable: number; candidate: number };
  errors: { stable: number; candidate: number };
  /** Set when the bound was crossed, latched for ever; `reason` is a sentence for people. */
  closed: { at: number; metric: string; reason: string } | null;
  /** Ticks whose counts made no sense (not a number, more errors than requests) and were left out; absent when none. */
  droppedTicks?: number;
}
