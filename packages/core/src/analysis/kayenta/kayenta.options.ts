import type { Direction, EffectMeasure } from "../comparison.types.ts";
import type { NanStrategy } from "./kayenta.clean.ts";

/**
 * Known weaknesses of NetflixACAJudge that can be mended one by one; none is by default, so that its results can be reproduced.
 *
 * - `relative-tolerance`: the tolerance is a part of the control's median. Kayenta's is a part of the estimated shift itself,
 *   so a shift of 0.1 % with a narrow interval is `High`.
 * - `exact-interval`: the interval is made of exact order statistics. Kayenta searches to within 1e-4 in the metric's
 *   unit and misses a doubling at a scale of 1e-5.
 * - `minimum-points`: too few points for the confidence are `Nodata`. With two points a side Kayenta raises 23 % false alarms.
 * - `zero-baseline`: a metric that is mostly one value (rare errors) is compared by how often it is not. Kayenta passes errors in
 *   40 % of the candidate's minutes against a control without any.
 * - `signed-effect`: the mean ratio is made by magnitude. Kayenta's turns around when means are negative.
 * - `error-fails`: what cannot be computed counts as failed, and fails a critical metric. Kayenta leaves it out.
 */
export const KAYENTA_MENDS = [
  "relative-tolerance",
  "exact-interval",
  "minimum-points",
  "zero-baseline",
  "signed-effect",
  "error-fails",
] as const;

export type KayentaMend = (typeof KAYENTA_MENDS)[number];

export interface KayentaOptions {
  classifier: "MannWhitney" | "MeanInequality";
  direction: Direction;
  tolerance: number;
  confidence: number;
  nanStrategy: NanStrategy;
  removeOutliers: boolean;
  effect: { measure: EffectMeasure; allowedIncrease: number; allowedDecrease: number };
  criticalThresholds: { increase: number; decrease: number };
  /** A failure of this metric fails the whole comparison. */
  critical: boolean;
  /** No data is a failure of the metric. */
  mustHaveData: boolean;
  mends: readonly KayentaMend[];
}

/** As NetflixACAJudge has them: every shift that is significant counts, whatever its size. */
export const KAYENTA_DEFAULTS: KayentaOptions = {
  classifier: "MannWhitney",
  direction: "either",
  tolerance: 0.25,
  confidence: 0.98,
  nanStrategy: "remove",
  removeOutliers: false,
  effect: { measure: "meanRatio", allowedIncrease: 1, allowedDecrease: 1 },
  criticalThresholds: { increase: 1, decrease: 1 },
  critical: false,
  mustHaveData: false,
  mends: [],
};
