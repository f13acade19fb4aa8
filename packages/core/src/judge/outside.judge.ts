import { z } from "zod";
import type { OutsideValues } from "./judge.batch.ts";
import type { OutsideTerms } from "./judge.terms.ts";
import { KayentaJudge, kayentaSchema } from "./kayenta.judge.ts";
import { ScoreLimitJudge, scoreLimitSchema } from "./score-limit.judge.ts";
import { ScoresJudge, scoresSchema } from "./scores.judge.ts";
import { SeriesJudge, seriesSchema } from "./series.judge.ts";
import { SeriesLimitJudge, seriesLimitSchema } from "./series-limit.judge.ts";
import { ThresholdJudge, thresholdSchema } from "./threshold.judge.ts";

/** One part of the judgement on a metric from elsewhere. */
export type OutsideJudge =
  | ScoresJudge
  | ScoreLimitJudge
  | SeriesJudge
  | SeriesLimitJudge
  | ThresholdJudge
  | KayentaJudge;

export const outsideStateSchema = z.discriminatedUnion("kind", [
  scoresSchema,
  scoreLimitSchema,
  seriesSchema,
  seriesLimitSchema,
  thresholdSchema,
  kayentaSchema,
]);
export type OutsideState = z.infer<typeof outsideStateSchema>;

/** `state` of another kind is not this part's. */
export function outsideJudge(terms: OutsideTerms, state?: OutsideState): OutsideJudge {
  switch (terms.kind) {
    case "scores":
      return new ScoresJudge(terms, state?.kind === "scores" ? state : undefined);
    case "score_limit":
      return new ScoreLimitJudge(terms, state?.kind === "score_limit" ? state : undefined);
    case "series":
      return new SeriesJudge(terms, state?.kind === "series" ? state : undefined);
    case "series_limit":
      return new SeriesLimitJudge(terms, state?.kind === "series_limit" ? state : undefined);
    case "threshold":
      return new ThresholdJudge(terms, state?.kind === "threshold" ? state : undefined);
    case "kayenta":
      return new KayentaJudge(terms, state?.kind === "kayenta" ? state : undefined);
  }
}

/** Whether the part compares the candidate with stable; the others look at the candidate alone. */
export const comparesArms = ({ kind }: OutsideTerms): boolean =>
  kind === "scores" || kind === "series" || kind === "kayenta";

/** Whether the values must lie in [0, 1]. */
const isBounded = ({ kind }: OutsideTerms): boolean => kind === "scores" || kind === "score_limit";

/** What is wrong with the values for this part, naming the first bad one; null when they can be judged. */
export function badValue(terms: OutsideTerms, values: OutsideValues): string | null {
  for (const arm of ["candidate", "stable"] as const) {
    for (const [index, value] of values[arm].entries()) {
      const where = `value ${index + 1} of ${arm === "candidate" ? "the candidate" : "stable"} is ${value}`;
      if (!Number.isFinite(value)) return `${where}; allowed: finite numbers`;
      if (isBounded(terms) && !(value >= 0 && value <= 1)) return `${where}; allowed: scores from 0 to 1`;
    }
  }
  return null;
}
