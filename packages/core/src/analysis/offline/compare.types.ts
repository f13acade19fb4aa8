import type { Classification, Direction } from "../comparison.types.ts";
import type { NanStrategy } from "../kayenta/kayenta.clean.ts";
import type { KayentaMend, KayentaOptions } from "../kayenta/kayenta.options.ts";

export interface CompareOptions {
  /** Which change is worse. */
  direction: Direction;
  /** A shift of up to this share is fine: of the control's median, or (Kayenta) of the estimated shift itself. 0 to 10. */
  tolerance: number;
  /** Of the two-sided interval, in (0.5, 1): what is left over is how often a difference is seen where there is none. */
  confidence: number;
  /** `kayenta` reproduces NetflixACAJudge, weaknesses included. */
  mode: "sluice" | "kayenta";
  nan: NanStrategy;
  /** How many comparisons share that error rate: looks at growing data, or metrics; `sluice` only. 1 to 1,000,000. */
  comparisons: number;
  /** Weaknesses of NetflixACAJudge to mend; `kayenta` only. */
  mends: readonly KayentaMend[];
  /** What else NetflixACAJudge can be told; `kayenta` only. */
  kayenta: Partial<
    Pick<KayentaOptions, "removeOutliers" | "effect" | "criticalThresholds" | "critical" | "mustHaveData">
  >;
}

/** What a rollout uses for a metric judged by `mann-whitney`. */
export const COMPARE_DEFAULTS: CompareOptions = {
  direction: "either",
  tolerance: 0.1,
  confidence: 0.98,
  mode: "sluice",
  nan: "remove",
  comparisons: 1,
  mends: [],
  kayenta: {},
};

/** One look at one metric: is the candidate's worse, by how much, and how sure is that? Figures are in the metric's unit. */
export interface SeriesComparison {
  classification: Classification;
  /** `High` or `Low` in the direction asked about, or no data where it was demanded. */
  worse: boolean;
  /** A critical metric that failed (`kayenta`). */
  critical: boolean;
  /** 100 when it passed, 0 when it did not, null when there is no telling. */
  score: 0 | 100 | null;
  mode: CompareOptions["mode"];
  direction: Direction;
  tolerance: number;
  /** Of the interval, after sharing the error rate among the comparisons. */
  confidence: number;
  samples: { control: number; candidate: number };
  /** Points that were no numbers. */
  dropped: { control: number; candidate: number };
  mean: { control: number; candidate: number } | null;
  median: { control: number; candidate: number } | null;
  /** The candidate's values against the control's: Hodges-Lehmann estimate, and the shift beyond which it counts. */
  shift: { estimate: number; tolerated: number; share: number | null } | null;
  /** Of the shift; `attained` is its exact confidence, where it can be counted. */
  interval: { attained: number | null; low: number; high: number } | null;
  effect: { meanRatio: number | null; cles: number | null };
  /** Two-sided, of the rank test; `exact` when it was counted. */
  pValue: { value: number; exact: boolean } | null;
  /** What was seen, against what, with how many samples, and what would have changed it. */
  message: string;
}
