import { z } from "zod";
import { mixtureSchema } from "../analysis/guard.snapshot.ts";
import { logAddExp } from "../analysis/logsumexp.ts";
import { DETECTION_MIXTURE, type MixtureState, SwitchingMixture } from "../analysis/switching-mixture.ts";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";

export const scoreLimitSchema = z.object({
  kind: z.literal("score_limit"),
  min: mixtureSchema.nullable(),
  max: mixtureSchema.nullable(),
  count: z.number(),
  sum: z.number(),
});

/** Parts of the largest stake without ruin that the experts bet, as in B3 (ANALYSIS §4.1). */
const FRACTIONS = [0.01, 0.03, 0.07, 0.15, 0.3, 0.55, 0.9];

/** A mean of exactly 0 is watched as this: else one value above it would be infinite evidence. */
const SMALLEST_MEAN = 1e-3;

/**
 * Whether the mean of values in [0, 1] is above `limit`: capital of a gambler who stakes on every value, 1 + λ (x − limit) with
 * λ = f / limit. Its mean is at most 1 whenever the mean of x is at most the limit, whatever the distribution (Waudby-Smith &
 * Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023).
 */
class MeanAbove {
  readonly #limit: number;
  readonly #mixture: SwitchingMixture;

  constructor(limit: number, state?: MixtureState) {
    this.#limit = Math.max(limit, SMALLEST_MEAN);
    this.#mixture = new SwitchingMixture({ ...DETECTION_MIXTURE, experts: FRACTIONS.length }, state);
  }

  get logWealth(): number {
    return this.#mixture.logWealth;
  }

  update(values: readonly number[]): void {
    if (values.length === 0) return;
    this.#mixture.update(
      FRACTIONS.map((fraction) =>
        values.reduce((sum, value) => sum + Math.log1p((fraction / this.#limit) * (value - this.#limit)), 0),
      ),
    );
  }

  state(): MixtureState {
    return this.#mixture.state();
  }
}

/** An absolute limit on the candidate's mean score, judged by evidence (ANALYSIS §13). */
export class ScoreLimitJudge {
  readonly terms: TermsOf<"score_limit">;
  readonly method = "one-armed";
  readonly #min: MeanAbove | null;
  readonly #max: MeanAbove | null;
  count: number;
  sum: number;

  constructor(terms: TermsOf<"score_limit">, state?: z.infer<typeof scoreLimitSchema>) {
    this.terms = terms;
    const { min, max } = terms;
    // Below a minimum is above its complement.
    this.#min = min === null ? null : new MeanAbove(Math.min(Math.max(1 - min, 0), 1), state?.min ?? undefined);
    this.#max = max === null ? null : new MeanAbove(Math.min(Math.max(max, 0), 1), state?.max ?? undefined);
    this.count = state?.count ?? 0;
    this.sum = state?.sum ?? 0;
  }

  get logEvidence(): number {
    const [min, max] = [this.#min?.logWealth, this.#max?.logWealth];
    if (min !== undefined && max !== undefined) return logAddExp(min, max) - Math.LN2;
    return min ?? max ?? 0;
  }

  take({ candidate }: OutsideValues): void {
    for (const value of candidate) {
      this.count += 1;
      this.sum += value;
    }
    this.#min?.update(candidate.map((value) => 1 - value));
    this.#max?.update(candidate);
  }

  state(): z.infer<typeof scoreLimitSchema> {
    const [min, max] = [this.#min?.state() ?? null, this.#max?.state() ?? null];
    return { kind: "score_limit", min, max, count: this.count, sum: this.sum };
  }
}
