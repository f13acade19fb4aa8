import { FULL_WEIGHT, guardConfigOf, percentFromWeight, planDetection, type Rollout } from "@sluice/core";
import type { Baseline, PlanView } from "./plan.schema.ts";
import { ownSteps } from "./plan.stages.ts";

/** The regression that is planned for when nobody says which. */
const usualRegression = (errorRate: number): number => Math.min(1, Math.max(0.05, 10 * errorRate));

/**
 * How many requests the gateway's guard needs to notice a regression of the error rate, at every weight that the steps
 * stop at (ANALYSIS §7, with one batch of §2.1 as the floor that the formula leaves out). Null when nothing watches.
 */
export function requestsToNotice(rollout: Rollout, baseline: Baseline | undefined): PlanView["requestsToNotice"] {
  if (baseline === undefined || rollout.fastTrack) return null;
  const guard = guardConfigOf({ ...rollout, desired: { ...rollout.desired, guard: rollout.id } }, 1);
  const metric = guard?.metrics.find(({ name }) => name === "error_rate");
  if (guard === null || metric === undefined) return null;
  const { errorRate, requestsPerSecond } = baseline;
  const weights = ownSteps(rollout).flatMap((step) => (step.type === "setWeight" ? [step.weight] : []));
  return [...new Set(weights)]
    .filter((weight) => weight > 0 && weight < FULL_WEIGHT)
    .map((weight) => {
      const share = weight / FULL_WEIGHT;
      const { requests } = planDetection({
        baselineRate: errorRate,
        candidateRate: baseline.candidateErrorRate ?? usualRegression(errorRate),
        share,
        requestsPerSecond,
        alpha: guard.alpha,
        metricShare: metric.share,
      });
      const batch = 1 / Math.min(share, 1 - share);
      return {
        metric: "error_rate",
        weight: percentFromWeight(weight),
        requests: Math.ceil(requests.mean + batch),
        requests90: Math.ceil(requests.quantile90 + batch),
        seconds: Math.round(((requests.mean + batch) / requestsPerSecond) * 100) / 100,
      };
    });
}
