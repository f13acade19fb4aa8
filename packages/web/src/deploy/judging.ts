import { type OutsideDraft, outsideOf } from "./outside.ts";
import { numberOf, share } from "./text.ts";
import type { Analysis } from "./types.ts";

type Metric = NonNullable<Analysis["metrics"]>[number];

/** How candidate and stable are compared, as it is written. Empty: what the API takes where nothing is said. */
export interface Judging {
  errors: boolean;
  /** Percent of the requests that may fail beyond stable's. */
  errorIncrease: string;
  /** Percent of the candidate's requests that may fail, whatever stable's do. */
  errorLimit: string;
  latency: boolean;
  /** Percent that answers may take longer than stable's. */
  latencyIncrease: string;
  /** Milliseconds that they may take longer on top of that. */
  latencyIncreaseMs: string;
  /** Milliseconds that 99 of 100 of the candidate's answers may take, whatever stable's do. */
  latencyLimitMs: string;
  /** What the gateway does not measure. */
  outside: readonly OutsideDraft[];
  /** How often a good candidate may be taken back by chance. Percent. */
  falseRollbacks: string;
  minimumSamples: string;
  onNoData: "hold" | "promote" | "rollback";
  onProviderError: "hold" | "ignore" | "rollback";
  /** Seconds. */
  maxHold: string;
}

export const USUAL_JUDGING: Judging = {
  errors: true,
  errorIncrease: "",
  errorLimit: "",
  latency: true,
  latencyIncrease: "",
  latencyIncreaseMs: "",
  latencyLimitMs: "",
  outside: [],
  falseRollbacks: "1",
  minimumSamples: "50",
  onNoData: "hold",
  onProviderError: "hold",
  maxHold: "86400",
};

/** As the API takes it, without what it would take anyway; undefined: nothing of it is said. */
export function judgingOf(judging: Judging): Analysis | undefined {
  const { falseRollbacks, minimumSamples, onNoData, onProviderError, maxHold } = judging;
  const metrics = metricsOf(judging);
  const analysis: Analysis = {
    ...(falseRollbacks !== USUAL_JUDGING.falseRollbacks && { falseRollbackRate: share(falseRollbacks) }),
    ...(minimumSamples !== USUAL_JUDGING.minimumSamples && { minimumSamples: numberOf(minimumSamples) }),
    ...(onNoData !== USUAL_JUDGING.onNoData && { onNoData }),
    ...(onProviderError !== USUAL_JUDGING.onProviderError && { onProviderError }),
    ...(maxHold !== USUAL_JUDGING.maxHold && { maxHoldSeconds: numberOf(maxHold) }),
    ...(JSON.stringify(metrics) !== USUAL_METRICS && { metrics }),
  };
  return Object.keys(analysis).length === 0 ? undefined : analysis;
}

/** Outside metrics come last, so that the places of the fields are known. */
export const firstOutside = ({ errors, latency }: Judging): number => Number(errors) + Number(latency);

function metricsOf({ errors, latency, outside, ...limits }: Judging): Metric[] {
  return [
    ...(errors
      ? [
          {
            name: "error_rate" as const,
            ...(isSaid(limits.errorIncrease) && { maxIncrease: share(limits.errorIncrease) }),
            ...(isSaid(limits.errorLimit) && { maxErrorRate: share(limits.errorLimit) }),
          },
        ]
      : []),
    ...(latency
      ? [
          {
            name: "latency" as const,
            ...(isSaid(limits.latencyIncrease) && { maxRelativeIncrease: share(limits.latencyIncrease) }),
            ...(isSaid(limits.latencyIncreaseMs) && { maxIncreaseMs: numberOf(limits.latencyIncreaseMs) }),
            ...(isSaid(limits.latencyLimitMs) && { maxLatencyMs: numberOf(limits.latencyLimitMs) }),
          },
        ]
      : []),
    ...outside.map(outsideOf),
  ];
}

const isSaid = (text: string): boolean => text.trim() !== "";

const USUAL_METRICS = JSON.stringify(metricsOf(USUAL_JUDGING));
