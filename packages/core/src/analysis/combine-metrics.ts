import { logSumExp } from "./logsumexp.ts";

/** One metric's ln e-value and its part v of the wealth, fixed in advance. */
export interface WeightedEvidence {
  share: number;
  logEvidence: number;
}

/**
 * ln Σ v_m E_m (ANALYSIS §6.1): the evidence that some metric is worse. The shares must add up to at most 1. An average is
 * valid however the metrics depend on each other; a product of e-values from the same requests would not be
 * (Ramdas, Grünwald, Vovk & Shafer, "Game-theoretic statistics and safe anytime-valid inference", 2023).
 */
export const combineMetrics = (metrics: readonly WeightedEvidence[]): number =>
  logSumExp(metrics.map(({ share, logEvidence }) => Math.log(share) + logEvidence));
