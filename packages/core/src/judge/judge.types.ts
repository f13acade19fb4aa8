import type { Instant } from "../time.ts";

/**
 * The pooled judge (ANALYSIS §13): the analysis in the control plane. It pools what all gateways saw, adds scores and
 * outside metrics, watches a candidate that stands alone, and says what it knows in sentences.
 */

/** How α of one rollout was split when it began; the parts never add up to more than α. */
export interface AlphaBudget {
  total: number;
  guards: number;
  pooled: number;
  monitoring: number;
}

/** How the name ends of a metric that compares a candidate which stands alone with what stable did before it left. */
export const BEFORE = ".before";

export interface JudgeMetricReport {
  name: string;
  /** `gateway`, `evaluations`, `prometheus`, `webhook`, `file`, `goal`. */
  source: string;
  /** The method, for people who want to read up: `fisher`, `latency-edges`, `balanced-bets`, `mann-whitney`, `one-armed`, `threshold` … */
  judge: string;
  /** `no_data`, `invalid` and `provider_error` are neither success nor failure (edge cases 24 to 26). */
  status: "ok" | "no_data" | "invalid" | "provider_error";
  /** ln of the e-value that the candidate is worse; null for a judge that gives none (a single look, a threshold). */
  logEvidence: number | null;
  /** This metric alone is worse beyond its bound. */
  failed: boolean;
  stable: number | null;
  candidate: number | null;
  /** A confidence interval of the difference or ratio, for display; null when there is none. */
  interval: { of: "difference" | "ratio" | "shift"; level: number; low: number; high: number } | null;
  samples: { stable: number; candidate: number };
  /** One sentence: what was seen, against what, with how many samples, and what would have changed it. */
  message: string;
}

export interface JudgeReport {
  hypothesis: string;
  /**
   * `rollback`: worse, at the rate that was promised. `promote`: no worse than the margin on every metric that has one.
   * `hold`: it does not know (no data, a source that is down, a split that is not the nominal one). `continue`: nothing yet.
   */
  verdict: "continue" | "promote" | "rollback" | "hold";
  /** Combined ln e-value, its maximum so far, and the bound ln(1/α) of the pooled part. */
  logEvidence: number;
  maxLogEvidence: number;
  bound: number;
  budget: AlphaBudget;
  metrics: JudgeMetricReport[];
  /** ln e-value that the split is not the nominal one; crossing ln 1000 holds the rollout (edge case 46). */
  sampleRatio: { logEvidence: number; doubted: boolean };
  /** Requests of each arm that were counted so far, whoever counts; absent from older reports. */
  samples?: { stable: number; candidate: number };
  /** Whether non-inferiority was shown since the current step began; null when no margin was asked for. */
  nonInferior: boolean | null;
  /** The rollout's step that `nonInferior` speaks of: what was shown in an earlier one ends no later one. Absent: the current one. */
  step?: number;
  /** Latched: set once worse, for ever. */
  closed: { at: Instant; metric: string; reason: string } | null;
  /** The verdict in one sentence. */
  message: string;
}
