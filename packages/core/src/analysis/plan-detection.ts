import { DEFAULT_ODDS_RATIOS } from "./fisher-judge.ts";
import { DETECTION_MIXTURE } from "./switching-mixture.ts";

export interface DetectionQuestion {
  /** Error rates of stable and of a bad candidate, 0 to 1, the second above the first. */
  baselineRate: number;
  candidateRate: number;
  /** The candidate's share of the traffic, in (0, 1). */
  share: number;
  /** Requests per second of both arms together. */
  requestsPerSecond: number;
  /** False rollback rate of this judge, in (0, 1). */
  alpha: number;
  /** The metric's share v_m of the wealth; 1 when it is the only one. */
  metricShare?: number;
}

/** How long it takes to notice; requests count both arms, `quantile90` is the 90 % quantile. All `Infinity` when there is nothing to notice. */
export interface DetectionPlan {
  /** Mean growth of ln evidence per request, of a gambler who knows both rates. */
  growth: number;
  /** ln evidence to gather, the price of not knowing the rates included. */
  threshold: number;
  requests: { mean: number; quantile90: number };
  seconds: { mean: number; quantile90: number };
  /** What the candidate gets of the mean. */
  candidate: { requests: number; errors: number };
}

const NORMAL_90 = 1.2815515655446004;

/** The expected work of the B1 judge until it notices a regression (ANALYSIS §7). Add one batch and one tick as a floor. */
export function planDetection(question: DetectionQuestion): DetectionPlan {
  const { baselineRate, candidateRate, share, requestsPerSecond, alpha, metricShare = 1 } = question;
  const pooled = share * candidateRate + (1 - share) * baselineRate;
  const outcomes = [
    { probability: share * candidateRate, evidence: Math.log(candidateRate / pooled) },
    { probability: share * (1 - candidateRate), evidence: Math.log((1 - candidateRate) / (1 - pooled)) },
    { probability: (1 - share) * baselineRate, evidence: Math.log(baselineRate / pooled) },
    { probability: (1 - share) * (1 - baselineRate), evidence: Math.log((1 - baselineRate) / (1 - pooled)) },
  ].filter(({ probability }) => probability > 0);
  const growth = outcomes.reduce((sum, { probability, evidence }) => sum + probability * evidence, 0);
  const secondMoment = outcomes.reduce((sum, { probability, evidence }) => sum + probability * evidence ** 2, 0);
  const variance = secondMoment - growth ** 2;

  const priceOfExperts = Math.log(DEFAULT_ODDS_RATIOS.length / (1 - DETECTION_MIXTURE.cash)) - Math.LN2;
  const threshold = Math.log(1 / alpha) + Math.log(1 / metricShare) + priceOfExperts;
  const overshoot = 0.5 * Math.log(candidateRate / pooled);
  const noticeable = candidateRate > baselineRate && growth > 0;
  const mean = noticeable
    ? Math.max((threshold + overshoot) / growth, 1 / (share * candidateRate))
    : Number.POSITIVE_INFINITY;
  const quantile90 = noticeable ? mean + (NORMAL_90 * Math.sqrt(mean * variance)) / growth : mean;
  return {
    growth,
    threshold,
    requests: { mean, quantile90 },
    seconds: { mean: mean / requestsPerSecond, quantile90: quantile90 / requestsPerSecond },
    candidate: { requests: share * mean, errors: share * mean * candidateRate },
  };
}
