import type { ArmPair } from "../guard.arrivals.ts";
import { describeEvidence, milliseconds } from "../guard.reason.ts";
import type { LatencyFinding } from "../latency-judge.ts";
import { LATENCY_BINS } from "../log-bins.ts";
import { counted, figure } from "./figure.ts";
import type { StreamMetricReport, StreamReport } from "./stream.types.ts";

/** Why the bound was crossed: what was seen, against what, with how many samples. */
export function describeClosing(
  metric: StreamMetricReport,
  finding: LatencyFinding,
  totals: ArmPair,
  { logEvidence, bound }: { logEvidence: number; bound: number },
): string {
  const evidence = `evidence ${describeEvidence(logEvidence)}, and ${describeEvidence(bound)} is enough`;
  return `${seen(metric, finding, totals)} (${evidence})`;
}

function seen(metric: StreamMetricReport, finding: LatencyFinding, { candidate, stable }: ArmPair): string {
  if (metric.name === "error_rate")
    return (
      `${candidate.errors} of the candidate's ${counted(candidate.requests, "request")} failed ` +
      `against ${stable.errors} of stable's ${stable.requests}`
    );
  if (metric.name === "score")
    return (
      `the candidate's mean score is ${show(metric.candidate)} of ${metric.samples.candidate} ` +
      `against ${show(metric.stable)} of stable's ${metric.samples.stable}`
    );
  if (finding.by === "rank")
    return (
      `the candidate's latencies are larger throughout: a median of ${milliseconds(candidate.latency.quantile(0.5))} of ` +
      `${candidate.timed} against ${milliseconds(stable.latency.quantile(0.5))} of stable's ${stable.timed}`
    );
  const limits = [finding.candidateBin, finding.stableBin].map((bin) => milliseconds(LATENCY_BINS.edge(bin)));
  return (
    `${candidate.slowerThan(finding.candidateBin)} of the candidate's ${candidate.timed} requests took longer than ${limits[0]} or failed ` +
    `against ${stable.slowerThan(finding.stableBin)} of stable's ${stable.timed} longer than ${limits[1]}`
  );
}

const show = (value: number | null): string => (value === null ? "unknown" : figure(value));

/** The verdict in one sentence: what was seen, with how many samples, and what would change it. */
export function describeStream(report: Omit<StreamReport, "message">): string {
  const { verdict, events, closed, bound, logEvidence, sampleRatio, metrics } = report;
  const samples = metrics
    .map(({ name, samples: { candidate, stable } }) => `${name} ${candidate} and ${stable}`)
    .join(", ");
  const enough = describeEvidence(bound);
  const known = `${counted(events, "event")} (candidate and stable: ${samples})`;
  switch (verdict) {
    case "rollback":
      return `Worse since event ${closed?.event ?? events} of ${events}: ${closed?.reason ?? "the bound was crossed"}`;
    case "hold":
      return (
        `Held: the split of ${known} is not the nominal one (evidence ${describeEvidence(sampleRatio?.logEvidence ?? 0)}, ` +
        "and 1000× is enough); with the weights as told it would go on"
      );
    case "promote":
      return `No worse than the margins that were asked for, after ${known}; evidence of harm is ${describeEvidence(logEvidence)}, and ${enough} would roll back`;
    default:
      return `Nothing yet: evidence that the candidate is worse is ${describeEvidence(logEvidence)} after ${known}, and ${enough} would roll back`;
  }
}
