import { bernoulliCs } from "../analysis/bernoulli-cs.ts";
import type { ArmCounts } from "../analysis/guard.arrivals.ts";
import { describeErrors, describeEvidence, describeLatency, milliseconds } from "../analysis/guard.reason.ts";
import { LATENCY_BINS } from "../analysis/log-bins.ts";
import { type AloneFinding, outcomesOf } from "./alone.judge.ts";
import { moreToClose } from "./counterfactual.ts";
import type { JudgeView } from "./judge.report.ts";
import type { JudgeConfig } from "./judge.terms.ts";
import { BEFORE, type JudgeMetricReport } from "./judge.types.ts";
import { evidenceOf, type TrafficJudge, type TrafficPart } from "./traffic.judge.ts";

/** Of the intervals that people see. */
const LEVEL = 0.95;

/** The quantile of latency that a report shows unless one is watched alone. */
const REPORTED_QUANTILE = 0.95;

export const trafficName = ({ terms }: TrafficPart): string => {
  switch (terms.kind) {
    case "errors":
      return "error_rate";
    case "latency":
      return "latency";
    case "error_limit":
      return "error_rate.limit";
    case "latency_limit":
      return "latency.limit";
  }
};

/** Seen, against what, with how many samples: the beginning of every sentence about the part. */
export function describeTraffic({ config, traffic }: JudgeView, part: TrafficPart): string {
  const { candidate } = traffic.totals;
  switch (part.kind) {
    case "errors":
      return describeErrors(revisionsOf(config), traffic.totals) + tolerated(part.terms.margin);
    case "latency":
      return describeLatency(revisionsOf(config), traffic.totals, part.judge.finding);
    case "limit": {
      const { errors, requests } = part.judge.outcomes(candidate);
      const allowed = percent(part.judge.limit);
      return part.terms.kind === "error_limit"
        ? `error rate: ${errors} of ${requests} requests failed on revision ${config.candidate} against a limit of ${allowed}`
        : `latency: ${errors} of ${requests} requests took longer than ${milliseconds(part.terms.limitMs)} or failed on ` +
            `revision ${config.candidate} against a limit of ${allowed}`;
    }
  }
}

/** What was seen of a candidate that stands alone, against what stable did before. */
export function describeAlone(config: JudgeConfig, { totals }: TrafficJudge, finding: AloneFinding): string {
  const { bins, before, rate, metric } = finding;
  const now = outcomesOf(totals.candidate, bins?.candidate ?? null);
  const bad = metric === "error_rate" ? "failed" : `took longer than ${milliseconds(edge(bins?.candidate))} or failed`;
  return (
    `${metric === "error_rate" ? "error rate" : "latency"}: ${now.errors} of ${now.requests} requests ${bad} on revision ` +
    `${config.candidate} against ${before.errors} of ${before.requests} on revision ${config.stable} before it left, so ` +
    `${percent(rate)} at most; compared with before, not beside`
  );
}

/**
 * One part of the report: figures, evidence, and the sentence with what would have changed it. With fewer requests than the
 * strategy's `minimumSamples` of an arm it is `no_data`, unless they were enough to show that the candidate is worse.
 */
export function trafficMetric(view: JudgeView, part: TrafficPart, needed: number): JudgeMetricReport {
  const { totals, weight } = view.traffic;
  const fewest = view.config.minimumSamples;
  const limited = part.kind === "limit";
  const logEvidence = evidenceOf(part);
  const failed = Math.log(part.terms.share) + logEvidence >= view.bound;
  const counted = totals.candidate.requests > 0 && (limited || totals.stable.requests > 0);
  const figures = {
    stable: limited ? null : figureOf(part, totals.stable),
    candidate: figureOf(part, totals.candidate),
  };
  const samples = { stable: totals.stable.requests, candidate: totals.candidate.requests };
  const strength = `evidence ${describeEvidence(logEvidence)}`;
  const enough = Math.min(samples.candidate, limited ? Infinity : samples.stable) >= Math.max(1, fewest);
  const broken = view.readings.get(trafficName(part).replace(/\..*$/, "")) ?? null;
  const more = failed || !counted || view.closed !== null ? null : moreToClose(part, needed, weight);
  const next = more === null ? "" : `; about ${more} more ${badOutcomes(part)} in a row would close the gate`;
  return {
    name: trafficName(part),
    source: view.config.counts,
    judge: methodOf(part),
    status: broken !== null && !failed ? broken.status : failed || enough ? "ok" : "no_data",
    logEvidence,
    failed,
    ...figures,
    interval: part.kind === "errors" && counted ? differenceOf(totals.candidate, totals.stable) : null,
    samples,
    message:
      broken !== null && !failed
        ? `${label(part)}: ${broken.message}`
        : counted
          ? `${describeTraffic(view, part)} (${strength})${next}`
          : `${label(part)}: nothing to judge yet, with ${samples.candidate} requests of revision ${view.config.candidate}` +
            (limited ? "" : ` and ${samples.stable} of revision ${view.config.stable}`) +
            "; some of each would change that",
  };
}

/** What the part of the report says while the candidate stands alone. */
export function aloneMetric(view: JudgeView, finding: AloneFinding): JudgeMetricReport {
  const { config, traffic } = view;
  const { alone } = traffic;
  const { before, bins, metric, logEvidence, rate } = finding;
  const now = outcomesOf(traffic.totals.candidate, bins?.candidate ?? null);
  return {
    name: `${metric}${BEFORE}`,
    source: config.counts,
    judge: "one-armed",
    status: now.requests > 0 ? "ok" : "no_data",
    logEvidence,
    failed: alone !== null && alone.logEvidence >= alone.bound,
    stable: before.requests === 0 ? null : before.errors / before.requests,
    candidate: now.requests === 0 ? null : now.errors / now.requests,
    interval: null,
    samples: { stable: before.requests, candidate: now.requests },
    message:
      `${describeAlone(config, traffic, finding)} (evidence ${describeEvidence(logEvidence)})` +
      `; a rate well above ${percent(rate)} would close the gate`,
  };
}

const methodOf = (part: TrafficPart): string => {
  if (part.kind === "limit") return "one-armed";
  if (part.kind === "latency") return part.terms.quantile === null ? "latency-edges" : "latency-edge";
  return part.terms.margin === null ? "fisher" : "block";
};

const label = (part: TrafficPart): string => trafficName(part).replace("_", " ").replace(".", " ");

const badOutcomes = (part: TrafficPart): string => {
  if (part.kind === "errors" || part.terms.kind === "error_limit") return "failed requests of the candidate";
  return "slow requests of the candidate";
};

/** The share of errors, or a quantile of latency in milliseconds; null without samples. */
function figureOf(part: TrafficPart, arm: ArmCounts): number | null {
  if (part.kind === "errors" || part.terms.kind === "error_limit")
    return arm.requests === 0 ? null : arm.errors / arm.requests;
  const quantile = part.terms.quantile ?? REPORTED_QUANTILE;
  const bin = arm.latency.quantileBin(quantile);
  return bin === null ? null : edge(bin);
}

// The last bin has no upper edge; its lower one is the best finite answer.
const edge = (bin = 0): number => LATENCY_BINS.edge(Math.min(bin, LATENCY_BINS.overflow - 1));

/** Both arms' confidence sequences, each with half of what may miss: what the difference lies between. For display. */
function differenceOf(candidate: ArmCounts, stable: ArmCounts): JudgeMetricReport["interval"] {
  const alpha = (1 - LEVEL) / 2;
  const [mine, theirs] = [candidate, stable].map((arm) => bernoulliCs(arm.errors, arm.requests, alpha));
  if (mine === undefined || theirs === undefined) return null;
  return { of: "difference", level: LEVEL, low: mine.low - theirs.high, high: mine.high - theirs.low };
}

const revisionsOf = ({ stable, candidate }: JudgeConfig) => ({ stable: stable ?? 0, candidate });

const tolerated = (margin: { difference: number; ratio: number } | null): string => {
  if (margin === null) return "";
  const parts = [
    margin.difference === 0 ? [] : [`${Number((margin.difference * 100).toPrecision(3))} percentage points`],
    margin.ratio === 1 ? [] : [`${percent(margin.ratio - 1)}`],
  ];
  return `, where ${parts.flat().join(" and ")} more are fine`;
};

/** `0.512 %`. */
export const percent = (rate: number): string => `${Number((rate * 100).toPrecision(3))} %`;
