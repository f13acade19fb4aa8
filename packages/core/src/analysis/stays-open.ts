import { BlockJudge, marginDetection } from "./block-judge.ts";
import type { OutcomeTable } from "./fisher.ts";
import { FisherJudge } from "./fisher-judge.ts";
import type { Margin } from "./margin.ts";

/** Beyond so many a number of further requests tells nobody anything. */
const MOST = 100_000;

/** The smallest whole number from 1 on for which `holds`, a condition that stays true once it is; null above 100,000. */
export function smallestCount(holds: (count: number) => boolean): number | null {
  let high = 1;
  while (!holds(high)) {
    if (high >= MOST) return null;
    high = Math.min(MOST, high * 2);
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** ln(e^whole − e^part): what must be added to `part` to make `whole`; −∞ when nothing has to be. */
export const logLack = (whole: number, part: number): number =>
  part >= whole ? Number.NEGATIVE_INFINITY : whole + Math.log1p(-Math.exp(part - whole));

/** `mostThatStaysOpen` as a part of a sentence; `kind` says which requests are meant. */
export function describeStaysOpen(most: number, kind: "failed" | "such"): string {
  if (most === 0) return "with none it would have stayed open";
  return `with about ${most} ${kind} ${most === 1 ? "request" : "requests"} of the candidate it would have stayed open`;
}

/**
 * The evidence (ln) of one metric, with this share of the whole, that would just have closed the gate beside that of the others.
 * Never less than the bound: a failed request is a slow one as well, so that with fewer of them the others would have said less.
 */
export const evidenceToClose = (bound: number, others: number, share: number): number =>
  Math.max(bound, logLack(bound, Math.min(others, bound - 1e-9)) - Math.log(share));

/**
 * With how many bad outcomes of the candidate, instead of what was seen, the same numbers of requests would not have been
 * evidence of `needed` (ln); null when none would have been too many. One batch stands for the whole time, so this is about
 * right and not exact.
 */
export function mostThatStaysOpen(seen: OutcomeTable, needed: number, margin: Margin | null): number | null {
  const first = smallestCount((candidateErrors) => {
    if (candidateErrors > seen.candidateRequests) return true;
    const judge = margin === null ? new FisherJudge() : new BlockJudge(marginDetection(margin));
    judge.update({ ...seen, candidateErrors });
    return judge.logWealth >= needed;
  });
  return first === null || first > seen.candidateErrors ? null : first - 1;
}
