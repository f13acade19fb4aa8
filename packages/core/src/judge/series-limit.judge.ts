import { z } from "zod";
import { mixtureSchema } from "../analysis/guard.snapshot.ts";
import { OneArmedJudge } from "../analysis/one-armed-judge.ts";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";

export const seriesLimitSchema = z.object({
  kind: z.literal("series_limit"),
  mixture: mixtureSchema,
  count: z.number(),
  beyond: z.number(),
  last: z.number().nullable(),
});

/** At most this share of the values may be beyond the limit: it is the median that is limited. */
const ALLOWED_BEYOND = 0.5;

/**
 * An absolute limit on a metric whose values have no bounds: the candidate's median must keep to it, judged by evidence (the sign
 * test as an e-process; ANALYSIS §13). One value beyond the limit says little, half of them and more say it.
 */
export class SeriesLimitJudge {
  readonly terms: TermsOf<"series_limit">;
  readonly method = "one-armed";
  readonly #judge: OneArmedJudge;
  count: number;
  beyond: number;
  last: number | null;

  constructor(terms: TermsOf<"series_limit">, state?: z.infer<typeof seriesLimitSchema>) {
    this.terms = terms;
    this.#judge = new OneArmedJudge(ALLOWED_BEYOND, state?.mixture);
    this.count = state?.count ?? 0;
    this.beyond = state?.beyond ?? 0;
    this.last = state?.last ?? null;
  }

  get logEvidence(): number {
    return this.#judge.logWealth;
  }

  take({ candidate }: OutsideValues): void {
    const errors = candidate.filter((value) => isBeyond(value, this.terms)).length;
    this.#judge.update({ errors, requests: candidate.length });
    this.count += candidate.length;
    this.beyond += errors;
    this.last = candidate.at(-1) ?? this.last;
  }

  state(): z.infer<typeof seriesLimitSchema> {
    const { count, beyond, last } = this;
    return { kind: "series_limit", mixture: this.#judge.state(), count, beyond, last };
  }
}

export const isBeyond = (value: number, { min, max }: { min: number | null; max: number | null }): boolean =>
  (min !== null && value < min) || (max !== null && value > max);

/** `at least 0.8 and at most 2`. */
export function describeLimits({ min, max }: { min: number | null; max: number | null }): string {
  const parts = [min === null ? [] : [`at least ${min}`], max === null ? [] : [`at most ${max}`]];
  return parts.flat().join(" and ");
}
