import { z } from "zod";
import { isBatchComplete } from "../analysis/batch-closer.ts";
import { scoreJudgeSchema } from "../analysis/guard.snapshot.ts";
import { defectsOf, ScoreJudge, scoreDetection } from "../analysis/score-judge.ts";
import type { OutsideValues } from "./judge.batch.ts";
import type { TermsOf } from "./judge.terms.ts";

/** Raw scores of the open batch that are kept of an arm; more of one arm alone say nothing until the other has some. */
const MOST_OPEN = 5_000;

const armSchema = z.object({ count: z.number(), sum: z.number(), open: z.array(z.number()).max(MOST_OPEN) });

export const scoresSchema = z.object({
  kind: z.literal("scores"),
  judge: scoreJudgeSchema,
  stable: armSchema,
  candidate: armSchema,
});

type Arm = z.infer<typeof armSchema>;

const emptyArm = (): Arm => ({ count: 0, sum: 0, open: [] });

/**
 * Compares scores in [0, 1], of which more is better, by balanced bets (B3, ANALYSIS §4). A batch ends by the arms' sizes
 * alone; only the open batch's scores are kept.
 */
export class ScoresJudge {
  readonly terms: TermsOf<"scores">;
  readonly method = "balanced-bets";
  readonly #judge: ScoreJudge;
  readonly stable: Arm;
  readonly candidate: Arm;

  constructor(terms: TermsOf<"scores">, state?: z.infer<typeof scoresSchema>) {
    this.terms = terms;
    this.#judge = new ScoreJudge(scoreDetection(terms.maxDecrease), state?.judge);
    this.stable = state === undefined ? emptyArm() : { ...state.stable, open: [...state.stable.open] };
    this.candidate = state === undefined ? emptyArm() : { ...state.candidate, open: [...state.candidate.open] };
  }

  get logEvidence(): number {
    return this.#judge.logWealth;
  }

  /** `share`: the candidate's nominal share of the traffic, in (0, 1). */
  take({ stable, candidate }: OutsideValues, share: number): void {
    add(this.stable, stable);
    add(this.candidate, candidate);
    const sizes = { candidate: this.candidate.open.length, stable: this.stable.open.length };
    if (!isBatchComplete(sizes, share)) return;
    this.#judge.update(defectsOf(this.candidate.open), defectsOf(this.stable.open));
    this.candidate.open = [];
    this.stable.open = [];
  }

  state(): z.infer<typeof scoresSchema> {
    const copy = (arm: Arm): Arm => ({ ...arm, open: [...arm.open] });
    return {
      kind: "scores",
      judge: this.#judge.state(),
      stable: copy(this.stable),
      candidate: copy(this.candidate),
    };
  }
}

/** Left out by number, never by value: the evidence stays valid. */
function add(arm: Arm, scores: readonly number[]): void {
  for (const score of scores) {
    arm.count += 1;
    arm.sum += score;
    if (arm.open.length < MOST_OPEN) arm.open.push(score);
  }
}

/** Mean of all scores so far; null without any. */
export const meanOf = ({ count, sum }: { count: number; sum: number }): number | null =>
  count === 0 ? null : sum / count;
