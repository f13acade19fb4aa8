/**
 * What a metric's name says of its values. Evaluations may record metrics of any name; a gate may only name one that is
 * known, so that a slip of the pen is found when the gate is written and not when a rollout waits for it.
 */
export type MetricUnit = "score" | "milliseconds" | "usd" | "count";

/** Names that everybody uses, by what they hold. */
const KNOWN: Readonly<Record<MetricUnit, readonly string[]>> = {
  score: [
    "score",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "auc",
    "bleu",
    "rouge",
    "exactMatch",
    "similarity",
    "faithfulness",
    "groundedness",
    "relevance",
    "correctness",
    "coherence",
    "helpfulness",
    "safety",
    "toxicity",
  ],
  milliseconds: ["latency"],
  usd: ["cost"],
  count: ["tokens", "samples", "errors", "failures"],
};

/** Endings that say the same of any name: `answerScore`, `p95Ms`, `totalUsd`, `promptTokens`. */
const ENDINGS: Readonly<Record<MetricUnit, readonly string[]>> = {
  score: ["Score", "_score", "Rate", "_rate"],
  milliseconds: ["Ms", "_ms"],
  usd: ["Usd", "_usd"],
  count: ["Tokens", "_tokens", "Count", "_count"],
};

const UNITS = ["score", "milliseconds", "usd", "count"] as const satisfies readonly MetricUnit[];

/** What the name declares; null for a name that declares nothing, whose values may be any finite number. */
export const metricUnit = (name: string): MetricUnit | null =>
  UNITS.find((unit) => KNOWN[unit].includes(name) || ENDINGS[unit].some((ending) => name.endsWith(ending))) ?? null;

/** Smallest and largest value that a metric of this name may have, both allowed. */
export function metricRange(name: string): { min: number; max: number } {
  const unit = metricUnit(name);
  if (unit === null) return { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };
  return { min: 0, max: unit === "score" ? 1 : Number.MAX_VALUE };
}

/** For errors: how a name becomes known. */
export const KNOWN_METRICS = `${UNITS.flatMap((unit) => KNOWN[unit]).join(", ")}, any name that ends in ${UNITS.flatMap(
  (unit) => ENDINGS[unit].filter((ending) => !ending.startsWith("_")),
).join(", ")}, or one that an evaluation in the project has recorded`;
