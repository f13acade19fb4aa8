import { approximateRankTest, FisherJudge, isBatchComplete, rankSum } from "@sluice/core";
import { type Look, MINUTE } from "./world.ts";

/** A judge of one run: how many requests it took to say "worse"; infinite while it has not. */
export interface Rule {
  name: string;
  see(look: Look): void;
  decidedAt: number;
}

/** The rollout's judge of errors at the false-rollback rates asked for, which share one e-process. */
export function sluice(alphas: readonly number[]): { see(look: Look): void; decidedAt: number[] } {
  const judge = new FisherJudge();
  const decidedAt = alphas.map(() => Number.POSITIVE_INFINITY);
  let weight: number | null = null;
  let open = empty();
  const decide = (at: number): void => {
    if (open.candidateRequests > 0 && open.stableRequests > 0 && judge.update(open)) {
      for (const [index, alpha] of alphas.entries()) {
        if (judge.logWealth >= Math.log(1 / alpha)) decidedAt[index] = Math.min(decidedAt[index] ?? at, at);
      }
    }
    open = empty();
  };
  return {
    decidedAt,
    see(look) {
      if (weight !== null && look.weight !== weight) {
        decide(look.at);
        judge.remix(0.1);
      }
      weight = look.weight;
      add(open, look);
      const sizes = { candidate: open.candidateRequests, stable: open.stableRequests };
      if (isBatchComplete(sizes, look.weight / 100)) decide(look.at);
    },
  };
}

/** What tools compare with: the candidate's share of errors in each minute, against a plain number. */
export function threshold(name: string, limit: number, failures: number): Rule {
  const minute = minutes();
  let failed = 0;
  const rule: Rule = {
    name,
    decidedAt: Number.POSITIVE_INFINITY,
    see(look) {
      const { candidateErrors, candidateRequests } = minute.see(look) ?? empty();
      // A minute without traffic of the candidate has no value to compare.
      if (candidateRequests === 0 || candidateErrors / candidateRequests <= limit) return;
      failed += 1;
      if (failed >= failures) rule.decidedAt = Math.min(rule.decidedAt, look.at);
    },
  };
  return rule;
}

/** Points a side before which a rank test is not asked. */
const FEWEST_POINTS = 4;

/** A one-sided rank test on each arm's error rates by the minute, asked again after every minute. */
export function repeatedRankTest(name: string, alpha: number): Rule {
  const minute = minutes();
  const rates = { candidate: [] as number[], stable: [] as number[] };
  const rule: Rule = {
    name,
    decidedAt: Number.POSITIVE_INFINITY,
    see(look) {
      const counts = minute.see(look);
      if (counts === null) return;
      if (counts.candidateRequests > 0) rates.candidate.push(counts.candidateErrors / counts.candidateRequests);
      if (counts.stableRequests > 0) rates.stable.push(counts.stableErrors / counts.stableRequests);
      if (rates.candidate.length < FEWEST_POINTS || rates.stable.length < FEWEST_POINTS) return;
      const ranks = rankSum(Float64Array.from(rates.candidate).sort(), Float64Array.from(rates.stable).sort());
      if (approximateRankTest(ranks).greater < alpha) rule.decidedAt = Math.min(rule.decidedAt, look.at);
    },
  };
  return rule;
}

type Counts = Omit<Look, "at" | "weight">;

const empty = (): Counts => ({ candidateErrors: 0, candidateRequests: 0, stableErrors: 0, stableRequests: 0 });

function add(sum: Counts, look: Counts): void {
  sum.candidateErrors += look.candidateErrors;
  sum.candidateRequests += look.candidateRequests;
  sum.stableErrors += look.stableErrors;
  sum.stableRequests += look.stableRequests;
}

/** Gathers looks into whole minutes; null until one is over. */
function minutes(): { see(look: Look): Counts | null } {
  let open = empty();
  return {
    see(look) {
      add(open, look);
      if (look.at % MINUTE !== 0) return null;
      const whole = open;
      open = empty();
      return whole;
    },
  };
}
