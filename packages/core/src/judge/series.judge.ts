import { z } from "zod";
import { mixtureSchema } from "../analysis/guard.snapshot.ts";
import { type MannWhitney, mannWhitney } from "../analysis/mann-whitney.ts";
import { rankSum, rankTest } from "../analysis/rank-sum.ts";
import { DETECTION_MIXTURE, SwitchingMixture } from "../analysis/switching-mixture.ts";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";

/** Values of each arm that make a block: with fewer the test cannot find much (ANALYSIS §5). */
const BLOCK = 10;

/** Values of each arm that are kept, for the estimate that people see, and at most in the open block. */
const KEPT = 200;

const armSchema = z.object({
  count: z.number(),
  recent: z.array(z.number()).max(KEPT),
  open: z.array(z.number()).max(KEPT),
});

export const seriesSchema = z.object({
  kind: z.literal("series"),
  mixture: mixtureSchema,
  stable: armSchema,
  candidate: armSchema,
});

type Arm = z.infer<typeof armSchema>;

const emptyArm = (): Arm => ({ count: 0, recent: [], open: [] });

/**
 * Exponents κ of the calibrators κ p^(κ−1), which turn a p-value into an e-value (Vovk & Wang, "E-values: calibration,
 * combination and applications", Ann. Stat. 49, 2021): small ones win much from tiny p-values, large ones something from most.
 */
const EXPONENTS = [0.1, 0.25, 0.5, 0.75];

/**
 * Compares time series by Mann and Whitney's test, again and again without paying for it: every block of fresh values is tested
 * once, its p-value becomes an e-value, and the e-values of blocks multiply. Repeating the test on all values so far would raise
 * false alarms with every look (ANALYSIS §5, table 8.6). A shift up to `tolerance` of each of stable's values is fine.
 */
export class SeriesJudge {
  readonly terms: TermsOf<"series">;
  readonly method = "mann-whitney";
  readonly #mixture: SwitchingMixture;
  readonly stable: Arm;
  readonly candidate: Arm;
  /** The look at the values as they are; undefined before somebody asks for it. */
  #look: MannWhitney | null | undefined;

  constructor(terms: TermsOf<"series">, state?: z.infer<typeof seriesSchema>) {
    this.terms = terms;
    this.#mixture = new SwitchingMixture({ ...DETECTION_MIXTURE, experts: EXPONENTS.length }, state?.mixture);
    this.stable = state === undefined ? emptyArm() : copyOf(state.stable);
    this.candidate = state === undefined ? emptyArm() : copyOf(state.candidate);
  }

  get logEvidence(): number {
    return this.#mixture.logWealth;
  }

  /** Blocks judged so far that told something. */
  get blocks(): number {
    return this.#mixture.batches;
  }

  /** Values of each arm that the next block still lacks. */
  get missing(): number {
    return BLOCK - Math.min(this.stable.open.length, this.candidate.open.length);
  }

  /** The values that are kept, in one look: for people, not for the decision. Null with fewer than two of an arm. */
  get look(): MannWhitney | null {
    if (this.#look === undefined) this.#look = this.#lookNow();
    return this.#look;
  }

  #lookNow(): MannWhitney | null {
    const [candidate, stable] = [this.candidate.recent, this.stable.recent];
    if (candidate.length < 2 || stable.length < 2) return null;
    return mannWhitney(candidate, stable, this.terms.confidence);
  }

  take({ stable, candidate }: OutsideValues): void {
    add(this.stable, stable);
    add(this.candidate, candidate);
    this.#look = undefined;
    if (this.stable.open.length < BLOCK || this.candidate.open.length < BLOCK) return;
    const p = this.#pValue(this.candidate.open, this.stable.open);
    this.stable.open = [];
    this.candidate.open = [];
    if (p > 0) this.#mixture.update(EXPONENTS.map((exponent) => Math.log(exponent) + (exponent - 1) * Math.log(p)));
  }

  state(): z.infer<typeof seriesSchema> {
    return {
      kind: "series",
      mixture: this.#mixture.state(),
      stable: copyOf(this.stable),
      candidate: copyOf(this.candidate),
    };
  }

  #pValue(candidate: readonly number[], stable: readonly number[]): number {
    const { direction, tolerance } = this.terms;
    const against = (sign: 1 | -1): number => {
      const tolerated = Float64Array.from(stable, (value) => value + sign * tolerance * Math.abs(value)).sort();
      const test = rankTest(
        candidate.length,
        tolerated.length,
        rankSum(Float64Array.from(candidate).sort(), tolerated),
      );
      return sign === 1 ? test.greater : test.less;
    };
    if (direction === "increase") return against(1);
    if (direction === "decrease") return against(-1);
    return Math.min(1, 2 * Math.min(against(1), against(-1)));
  }
}

const copyOf = (arm: Arm): Arm => ({ ...arm, recent: [...arm.recent], open: [...arm.open] });

/** What does not fit is left out by number, never by value. */
function add(arm: Arm, values: readonly number[]): void {
  arm.count += values.length;
  arm.recent = [...arm.recent, ...values].slice(-KEPT);
  arm.open = [...arm.open, ...values].slice(0, KEPT);
}
