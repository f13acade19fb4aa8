import { smallestCount } from "../analysis/stays-open.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { besides } from "./counterfactual.ts";
import type { OutsideJudge } from "./outside.judge.ts";
import { ScoreLimitJudge } from "./score-limit.judge.ts";
import { meanOf, ScoresJudge } from "./scores.judge.ts";
import { SeriesJudge } from "./series.judge.ts";
import { SeriesLimitJudge } from "./series-limit.judge.ts";

/** More of an outside metric's values than this are not tried. */
const MOST_VALUES = 500;

/** What further values would bring the part's evidence to `needed`, in words; null when no number that matters would. */
export function moreValuesToClose(judge: OutsideJudge, needed: number, weight: number | null): string | null {
  const reaches = (evidence: (count: number) => number): number | null =>
    smallestCount((count) => count > MOST_VALUES || evidence(count) >= needed);
  const name = judge.terms.name;
  const values = (metric: number[], stable: number[] = []) => ({ metric: name, candidate: metric, stable });
  let count: number | null = null;
  let what = "";
  if (judge instanceof ScoresJudge) {
    const usual = meanOf(judge.stable) ?? 0.8;
    what = "more scores of 0 from the candidate";
    count = reaches((zeros) => {
      const copy = new ScoresJudge(judge.terms, judge.state());
      const beside = Math.min(besides(zeros, weight), MOST_VALUES);
      copy.take(values(fill(zeros, 0), fill(beside, usual)), nominalShare(weight));
      return copy.logEvidence;
    });
  } else if (judge instanceof ScoreLimitJudge) {
    const worst = judge.terms.min === null ? 1 : 0;
    what = `more scores of ${worst} from the candidate`;
    count = reaches((scores) => {
      const copy = new ScoreLimitJudge(judge.terms, judge.state());
      copy.take(values(fill(scores, worst)));
      return copy.logEvidence;
    });
  } else if (judge instanceof SeriesLimitJudge) {
    what = "more values beyond the limit in a row";
    const beyond = judge.terms.max === null ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
    count = reaches((more) => {
      const copy = new SeriesLimitJudge(judge.terms, judge.state());
      copy.take(values(fill(more, beyond)));
      return copy.logEvidence;
    });
  } else if (judge instanceof SeriesJudge) {
    const sign = judge.terms.direction === "decrease" ? -1 : 1;
    what = "more values of each arm, all of the candidate's being worse,";
    count = reaches((more) => {
      const copy = new SeriesJudge(judge.terms, judge.state());
      for (let taken = 0; taken < more; taken += 1) copy.take(values([sign * (1e9 + taken)], [taken]));
      return copy.logEvidence;
    });
  }
  return count === null || count > MOST_VALUES ? null : `about ${count} ${what}`;
}

const fill = (length: number, value: number): number[] => new Array<number>(length).fill(value);

/** The candidate's nominal share of the traffic, for batches of what comes with it; half while there is none to go by. */
export const nominalShare = (weight: number | null): number =>
  weight === null || weight <= 0 || weight >= FULL_WEIGHT ? 0.5 : weight / FULL_WEIGHT;
