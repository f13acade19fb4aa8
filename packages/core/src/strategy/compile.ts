import { invalidField } from "../errors.ts";
import { FULL_WEIGHT, type Weight } from "../traffic/split.ts";
import { matchStep, parseSteps, percentage } from "./step-input.ts";
import type { Step, StrategyShape } from "./strategy.types.ts";

/** Between the initial weight and 100 %, a canary without steps of its own stops here (if it began below). */
const CANARY_WEIGHT: Weight = 2_500;

/** How long a blue-green candidate can be looked at through the preview header before it gets all traffic. */
export const PREVIEW_SECONDS = 30;
export const PREVIEW_HEADER = "x-sluice-preview";

/**
 * The steps that a strategy means. Weights come out in hundredths of a percent. Throws `invalid_argument` naming the field.
 *
 * - `immediate`: switch.
 * - `gradual`: the initial weight, then one increment after every interval, up to 100 %.
 * - `canary`: initial weight, bake, 25 %, bake, 100 %; or the user's steps as written, with a last switch when they end below 100 %.
 * - `blue-green`: full size at zero traffic, reachable by the header `x-sluice-preview: <previewRoute, or "true">` (and at the
 *   path `previewRoute`) for {@link PREVIEW_SECONDS}, then switch. The old revision stays warm for `keepStableSeconds`.
 * - `shadow`: copies of requests for the whole duration, then none. Stable keeps all traffic; the rollout completes with
 *   its report, and the candidate is removed.
 * - `ab`: a weight or a match for the whole duration. Then the candidate gets everything when `promoteWinner` is set (the
 *   guard would have ended the rollout had it seen anything worse), otherwise stable does and the candidate is removed. With a
 *   goal, only a candidate that won is promoted, and a winner ends the test early: that is decided while it runs.
 */
export function compileSteps(strategy: StrategyShape): Step[] {
  if (percentage(strategy.holdbackPercentage, "strategy.holdbackPercentage") === FULL_WEIGHT) {
    throw invalidField(
      "strategy.holdbackPercentage",
      strategy.holdbackPercentage,
      "less than 100: the candidate must serve",
    );
  }
  switch (strategy.type) {
    case "immediate":
      return [{ type: "switch" }];
    case "gradual":
      return gradual(strategy);
    case "canary":
      return strategy.steps === null ? canary(strategy) : parseSteps(strategy.steps);
    case "blue-green":
      return [
        { type: "scale", percentage: 100 },
        { type: "match", headers: { [PREVIEW_HEADER]: strategy.previewRoute ?? "true" }, cookies: {} },
        { type: "wait", seconds: PREVIEW_SECONDS },
        { type: "switch" },
      ];
    case "shadow":
      return [
        { type: "mirror", weight: positive(strategy.mirrorPercentage, "strategy.mirrorPercentage") },
        { type: "analyze", seconds: strategy.durationSeconds },
        { type: "mirror", weight: 0 },
      ];
    case "ab":
      return [
        strategy.match === null
          ? { type: "setWeight", weight: positive(strategy.percentage, "strategy.percentage") }
          : matchStep(strategy.match, "strategy.match"),
        { type: "analyze", seconds: strategy.durationSeconds },
        strategy.promoteWinner ? { type: "switch" } : { type: "setWeight", weight: 0 },
      ];
  }
}

function gradual(strategy: Extract<StrategyShape, { type: "gradual" }>): Step[] {
  const increment = positive(strategy.increment, "strategy.increment");
  const steps: Step[] = [];
  for (
    let weight = positive(strategy.initialPercentage, "strategy.initialPercentage");
    weight < FULL_WEIGHT;
    weight += increment
  ) {
    steps.push({ type: "setWeight", weight }, { type: "wait", seconds: strategy.intervalSeconds });
  }
  return [...steps, { type: "setWeight", weight: FULL_WEIGHT }];
}

function canary(strategy: Extract<StrategyShape, { type: "canary" }>): Step[] {
  const initial = positive(strategy.initialPercentage, "strategy.initialPercentage");
  const weights = [initial, CANARY_WEIGHT].filter(
    (weight, index) => weight < FULL_WEIGHT && (index === 0 || weight > initial),
  );
  const steps = weights.flatMap((weight): Step[] => [
    { type: "setWeight", weight },
    { type: "analyze", seconds: strategy.bakeSeconds },
  ]);
  return [...steps, { type: "setWeight", weight: FULL_WEIGHT }];
}

/** A percentage that moves something: zero would compile to a rollout that never begins. */
function positive(percent: number, field: string): Weight {
  const weight = percentage(percent, field);
  if (weight === 0) throw invalidField(field, percent, "more than 0, at most 100, with at most two decimals");
  return weight;
}
