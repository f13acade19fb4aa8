import type { Strategy, StrategyInput } from "@sluice/core";

export const DELOS_TYPES = [
  "DEPLOYMENT_TYPE_IMMEDIATE",
  "DEPLOYMENT_TYPE_GRADUAL",
  "DEPLOYMENT_TYPE_CANARY",
  "DEPLOYMENT_TYPE_BLUE_GREEN",
] as const;

type DelosType = (typeof DELOS_TYPES)[number];

/** A strategy as a call gives it; what was left out is left out. */
export interface DelosStrategy {
  type: DelosType;
  initial_percentage?: number | undefined;
  increment?: number | undefined;
  interval_seconds?: number | undefined;
  auto_rollback: boolean;
  rollback_threshold?: number | undefined;
}

/** As it is shown: a strategy that these words have no name for is of no type. */
export type ShownStrategy = Omit<DelosStrategy, "type"> & { type: DelosType | "DEPLOYMENT_TYPE_UNSPECIFIED" };

/** The metric that `rollback_threshold` is about: scores of this name that applications and graders post. */
export const QUALITY = "quality";

const DEFAULTS = { initial: { gradual: 10, canary: 5 }, increment: 10, interval: 300 } as const;

/** What the strategy means to the engine. Pure; the values were checked before. */
export function toStrategy(given: DelosStrategy): StrategyInput {
  const { type, interval_seconds } = given;
  switch (type) {
    case "DEPLOYMENT_TYPE_IMMEDIATE":
      return { type: "immediate", monitoringSeconds: interval_seconds ?? 0, ...watch(given) };
    case "DEPLOYMENT_TYPE_GRADUAL":
      return {
        type: "gradual",
        initialPercentage: given.initial_percentage ?? DEFAULTS.initial.gradual,
        increment: given.increment ?? DEFAULTS.increment,
        intervalSeconds: interval_seconds ?? DEFAULTS.interval,
        ...watch(given),
      };
    case "DEPLOYMENT_TYPE_CANARY":
      return {
        type: "canary",
        initialPercentage: given.initial_percentage ?? DEFAULTS.initial.canary,
        bakeSeconds: interval_seconds ?? DEFAULTS.interval,
        ...(given.increment !== undefined && { steps: canarySteps(given, given.increment) }),
        ...watch(given),
      };
    case "DEPLOYMENT_TYPE_BLUE_GREEN":
      return { type: "blue-green", monitoringSeconds: interval_seconds ?? 0, ...watch(given) };
  }
}

/** A canary that grows by an increment is judged after each of them. */
function canarySteps({ initial_percentage, interval_seconds }: DelosStrategy, increment: number) {
  const weights = percentages(initial_percentage ?? DEFAULTS.initial.canary, increment);
  const seconds = interval_seconds ?? DEFAULTS.interval;
  return [...weights.flatMap((weight) => [{ setWeight: weight }, { analyze: { seconds } }]), { setWeight: 100 }];
}

/** Shares below 100 % that a rollout stops at. Counted in hundredths, so that no share is off by a rounding. */
export function percentages(initial: number, increment: number): number[] {
  const shares: number[] = [];
  for (let share = Math.round(initial * 100); share < 10_000; share += Math.max(1, Math.round(increment * 100))) {
    shares.push(share / 100);
  }
  return shares;
}

/**
 * What is watched: failed requests, latency, and the quality where a threshold is given. Quality counts by the threshold
 * alone, so any decrease that stays above it is fine. Where quality is asked for, a canary waits for figures; elsewhere it
 * goes on without, as there may be none.
 */
function watch({ auto_rollback, rollback_threshold }: DelosStrategy) {
  const rates = [{ name: "error_rate" as const }, { name: "latency" as const }];
  if (rollback_threshold === undefined) {
    return { autoRollback: auto_rollback, analysis: { metrics: rates, onNoData: "promote" as const } };
  }
  const quality = {
    name: QUALITY,
    source: { type: "evaluations" as const },
    min: rollback_threshold,
    maxDecrease: 1,
    direction: "decrease" as const,
  };
  return { autoRollback: auto_rollback, analysis: { metrics: [...rates, quality], onNoData: "hold" as const } };
}

/** A strategy of the engine in these words, its defaults filled in: also one that was given elsewhere. */
export function shownStrategy(strategy: Strategy): ShownStrategy {
  const common = { auto_rollback: strategy.autoRollback, ...thresholdOf(strategy) };
  switch (strategy.type) {
    case "immediate":
      return { type: "DEPLOYMENT_TYPE_IMMEDIATE", interval_seconds: strategy.monitoringSeconds, ...common };
    case "gradual":
      return {
        type: "DEPLOYMENT_TYPE_GRADUAL",
        initial_percentage: strategy.initialPercentage,
        increment: strategy.increment,
        interval_seconds: strategy.intervalSeconds,
        ...common,
      };
    case "canary":
      return {
        type: "DEPLOYMENT_TYPE_CANARY",
        initial_percentage: strategy.initialPercentage,
        interval_seconds: strategy.bakeSeconds,
        ...incrementOf(strategy),
        ...common,
      };
    case "blue-green":
      return { type: "DEPLOYMENT_TYPE_BLUE_GREEN", interval_seconds: strategy.monitoringSeconds, ...common };
    case "shadow":
    case "ab":
      return { type: "DEPLOYMENT_TYPE_UNSPECIFIED", ...common };
  }
}

function thresholdOf({ analysis }: Strategy): { rollback_threshold?: number } {
  const quality = analysis.metrics.find(({ name }) => name === QUALITY);
  return quality !== undefined && "min" in quality && quality.min !== undefined
    ? { rollback_threshold: quality.min }
    : {};
}

/** The distance between the first two weights of a canary's own steps. */
function incrementOf({ steps }: Extract<Strategy, { type: "canary" }>): { increment?: number } {
  const [first, second] = (steps ?? []).flatMap((step) => ("setWeight" in step ? [step.setWeight] : []));
  return first === undefined || second === undefined ? {} : { increment: Math.round((second - first) * 100) / 100 };
}
