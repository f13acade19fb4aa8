import { z } from "zod";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";
import { isBeyond } from "./series-limit.judge.ts";

export const thresholdSchema = z.object({
  kind: z.literal("threshold"),
  looks: z.number(),
  /** Failed looks in a row. */
  failing: z.number(),
  last: z.number().nullable(),
});

/**
 * Compares a plain number with a limit, as other tools do; only for who asks for exactly that. Keeps no promise on false alarms:
 * its sentence says what simulations of such rules found (ANALYSIS §8.1). A look is the newest value of one reading.
 */
export class ThresholdJudge {
  readonly terms: TermsOf<"threshold">;
  readonly method = "threshold";
  readonly logEvidence = null;
  looks: number;
  failing: number;
  last: number | null;

  constructor(terms: TermsOf<"threshold">, state?: z.infer<typeof thresholdSchema>) {
    this.terms = terms;
    this.looks = state?.looks ?? 0;
    this.failing = state?.failing ?? 0;
    this.last = state?.last ?? null;
  }

  get failed(): boolean {
    return this.failing >= this.terms.failureLimit;
  }

  take({ candidate }: OutsideValues): void {
    const value = candidate.at(-1);
    if (value === undefined) return;
    this.looks += 1;
    this.last = value;
    this.failing = isBeyond(value, this.terms) ? this.failing + 1 : 0;
  }

  state(): z.infer<typeof thresholdSchema> {
    const { looks, failing, last } = this;
    return { kind: "threshold", looks, failing, last };
  }
}

/**
 * What such rules did to healthy candidates in simulation, at 0.5 % errors with limits of 5 % (Argo Rollouts' and Flagger's defaults) and
 * with a baseline near the limit (table 8.1 of ANALYSIS).
 */
export const thresholdFalseAlarms = (failureLimit: number): string =>
  failureLimit === 1
    ? "such a rule took back 0 to 2.1 % of healthy candidates in simulation, and 99.4 % when stable itself was near the limit"
    : "such a rule took back 0 to 41 % of healthy candidates in simulation, and 85 % or more when stable itself was near the limit";
