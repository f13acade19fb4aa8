import { DEFAULT_APPROACHES } from "./block-judge.ts";
import { projectOnMargin } from "./margin.ts";
import { NON_INFERIORITY_MIXTURE } from "./switching-mixture.ts";

export interface NonInferiorityQuestion {
  /** Error rate of both arms, 0 to below 1. */
  baselineRate: number;
  /** Absolute margin, above 0. */
  margin: number;
  /** The candidate's share of the traffic, in (0, 1). */
  share: number;
  /** Requests per second of both arms together. */
  requestsPerSecond: number;
  /** Rate of false claims, in (0, 1); the default is 0.05. */
  alpha?: number;
}

/** How long it takes to show that a candidate like stable is no worse than the margin; requests count both arms. */
export interface NonInferiorityPlan {
  growth: number;
  threshold: number;
  requests: number;
  seconds: number;
  candidateRequests: number;
}

/** Keeps a rate of 0 off the ends of the logarithms. */
const SMALLEST = 1e-12;

/** Expected work until "no worse than the margin" is shown (ANALYSIS §7): ln evidence to gather over its growth per request. */
export function planNonInferiority(question: NonInferiorityQuestion): NonInferiorityPlan {
  const { baselineRate, margin, share, requestsPerSecond, alpha = 0.05 } = question;
  const sizes = { candidate: share, stable: 1 - share };
  const rate = Math.max(baselineRate, SMALLEST);
  const border = projectOnMargin({ candidate: rate, stable: rate }, sizes, { difference: margin, ratio: 1 });
  const growth =
    share * divergence(baselineRate, border.candidate) + (1 - share) * divergence(baselineRate, border.stable);
  const priceOfExperts = Math.log(DEFAULT_APPROACHES.length / (1 - NON_INFERIORITY_MIXTURE.cash)) - Math.LN2;
  const threshold = Math.log(1 / alpha) + priceOfExperts;
  const requests = threshold / growth;
  return {
    growth,
    threshold,
    requests,
    seconds: requests / requestsPerSecond,
    candidateRequests: share * requests,
  };
}

/** Kullback-Leibler divergence of two coins, with 0 · ln 0 = 0. */
const divergence = (p: number, q: number): number =>
  (p === 0 ? 0 : p * Math.log(p / q)) + (p === 1 ? 0 : (1 - p) * Math.log((1 - p) / (1 - q)));
