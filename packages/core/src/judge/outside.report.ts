import { describeEvidence } from "../analysis/guard.reason.ts";
import type { JudgeView } from "./judge.report.ts";
import type { JudgeMetricReport } from "./judge.types.ts";
import { KayentaJudge } from "./kayenta.judge.ts";
import { moreValuesToClose } from "./outside.counterfactual.ts";
import { comparesArms, type OutsideJudge } from "./outside.judge.ts";
import { ScoreLimitJudge } from "./score-limit.judge.ts";
import { meanOf, ScoresJudge } from "./scores.judge.ts";
import { SeriesJudge } from "./series.judge.ts";
import { describeLimits, SeriesLimitJudge } from "./series-limit.judge.ts";
import { ThresholdJudge, thresholdFalseAlarms } from "./threshold.judge.ts";

export const outsideName = ({ terms }: OutsideJudge): string =>
  terms.kind === "score_limit" || terms.kind === "series_limit" ? `${terms.name}.limit` : terms.name;

/** Seen, against what, with how many samples. */
export function describeOutside({ config }: JudgeView, judge: OutsideJudge): string {
  const candidate = `revision ${config.candidate}`;
  const stable = `revision ${config.stable}`;
  const { name } = judge.terms;
  if (judge instanceof ScoresJudge) {
    const [mine, theirs] = [judge.candidate, judge.stable];
    const fine = judge.terms.maxDecrease === 0 ? "" : `, where ${judge.terms.maxDecrease} less is fine`;
    return `${name}: ${mine.count} scores of ${candidate} average ${show(meanOf(mine))} against ${show(meanOf(theirs))} in ${theirs.count} of ${stable}${fine}`;
  }
  if (judge instanceof ScoreLimitJudge) {
    return `${name}: ${judge.count} scores of ${candidate} average ${show(meanOf(judge))} against a limit of ${describeLimits(judge.terms)}`;
  }
  if (judge instanceof SeriesJudge) return describeSeries(judge, candidate, stable);
  if (judge instanceof SeriesLimitJudge) {
    return `${name}: ${judge.beyond} of ${judge.count} values of ${candidate} are beyond ${describeLimits(judge.terms)}, where half may be`;
  }
  if (judge instanceof ThresholdJudge) {
    const { failureLimit } = judge.terms;
    return (
      `${name}: ${show(judge.last)} on ${candidate} against a limit of ${describeLimits(judge.terms)}, failed ${judge.failing} ` +
      `times in a row of ${judge.looks} looks where ${failureLimit} fail it; a plain limit keeps no promise on false alarms: ` +
      thresholdFalseAlarms(failureLimit)
    );
  }
  return (
    `${name}: ${judge.classification} by Kayenta's rules, ${judge.candidate.count} values of ${candidate} against ` +
    `${judge.stable.count} of ${stable}; repeated looks at one confidence keep no promise on false alarms`
  );
}

function describeSeries(judge: SeriesJudge, candidate: string, stable: string): string {
  const { name, tolerance, confidence } = judge.terms;
  const { look } = judge;
  const shift =
    look === null
      ? ""
      : `, a shift of ${show(look.shift)} (${confidence * 100} % interval of the last ${judge.candidate.recent.length}: ${show(look.interval.low)} to ${show(look.interval.high)})`;
  return (
    `${name}: ${judge.candidate.count} values of ${candidate} against ${judge.stable.count} of ${stable}${shift}, ` +
    `where ${Number((tolerance * 100).toPrecision(3))} % are fine`
  );
}

/** One part of the report; `needed` is the evidence of it that would close the gate, all others staying as they are. */
export function outsideMetric(view: JudgeView, judge: OutsideJudge, needed: number): JudgeMetricReport {
  const { terms, logEvidence } = judge;
  const problem = view.readings.get(terms.name);
  const stake = logEvidence === null || !("share" in terms) ? -Infinity : Math.log(terms.share) + logEvidence;
  const failed = "failed" in judge ? judge.failed : stake >= view.bound;
  const { samples, stable, candidate } = figuresOf(judge);
  const enough = samples.candidate > 0 && (!comparesArms(terms) || samples.stable > 0);
  const status = problem?.status ?? (enough ? "ok" : "no_data");
  return {
    name: outsideName(judge),
    source: terms.source,
    judge: judge.method,
    status,
    logEvidence,
    failed,
    stable,
    candidate,
    interval: intervalOf(judge),
    samples,
    message: problem ? `${terms.name}: ${problem.message}` : sentence(view, judge, needed, failed, enough),
  };
}

function sentence(view: JudgeView, judge: OutsideJudge, needed: number, failed: boolean, enough: boolean): string {
  const { name } = judge.terms;
  if (!enough) {
    const { samples } = figuresOf(judge);
    const arms = comparesArms(judge.terms) ? ` and ${samples.stable} of revision ${view.config.stable}` : "";
    return `${name}: nothing to judge yet, with ${samples.candidate} values of revision ${view.config.candidate}${arms}; some of each would change that`;
  }
  const seen = describeOutside(view, judge);
  if (judge.logEvidence === null) return seen;
  const strength = ` (evidence ${describeEvidence(judge.logEvidence)})`;
  const more = failed || view.closed !== null ? null : moreValuesToClose(judge, needed, view.traffic.weight);
  return seen + strength + (more === null ? "" : `; ${more} would close the gate`);
}

function figuresOf(judge: OutsideJudge): Pick<JudgeMetricReport, "samples" | "stable" | "candidate"> {
  if (judge instanceof ScoresJudge) {
    const { stable, candidate } = judge;
    return {
      samples: { stable: stable.count, candidate: candidate.count },
      stable: meanOf(stable),
      candidate: meanOf(candidate),
    };
  }
  if (judge instanceof SeriesJudge || judge instanceof KayentaJudge) {
    const { stable, candidate } = judge;
    return {
      samples: { stable: stable.count, candidate: candidate.count },
      stable: median(stable.recent),
      candidate: median(candidate.recent),
    };
  }
  if (judge instanceof ScoreLimitJudge)
    return { samples: { stable: 0, candidate: judge.count }, stable: null, candidate: meanOf(judge) };
  const count = judge instanceof ThresholdJudge ? judge.looks : judge.count;
  return { samples: { stable: 0, candidate: count }, stable: null, candidate: judge.last };
}

function intervalOf(judge: OutsideJudge): JudgeMetricReport["interval"] {
  if (!(judge instanceof SeriesJudge)) return null;
  const { look } = judge;
  return look && { of: "shift", level: judge.terms.confidence, low: look.interval.low, high: look.interval.high };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

const show = (value: number | null): string => (value === null ? "nothing" : String(Number(value.toPrecision(3))));
