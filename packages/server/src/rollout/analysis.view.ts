import {
  type GoalReport,
  type GuardReport,
  type JudgeMetricReport,
  type JudgeReport,
  type MetricEvidence,
  type Rollout,
  toIso,
} from "@sluice/core";
import type { RolloutView } from "./rollout.schema.ts";

type AnalysisView = NonNullable<RolloutView["analysis"]>;
type MetricView = AnalysisView["metrics"][number];

/** ln e-values above this are shown as if they were this: e^700 is about 10^304, and JSON has no infinity (ANALYSIS §9). */
const MOST_SHOWN = 700;
const eValue = (log: number): number => Math.exp(Math.min(log, MOST_SHOWN));

/**
 * What the gateway's guard and the pooled judge say, as one. The judge sees what every guard sees and more, so its word on a
 * metric goes first; a guard that has closed the gate goes before everything. Null before there was anything to compare.
 */
export function analysisView(rollout: Rollout): RolloutView["analysis"] {
  const { analysis: guard, judge } = rollout;
  const closed = guard?.closed ?? null;
  const leading = closed === null ? (judge ?? guard) : guard;
  if (leading === null) return null;
  const guarded = guard === null ? [] : guard.metrics.map((metric) => guardMetric(metric, guard));
  // A guard that closes the gate does so at once: the judge may not have seen the half of it.
  const isOutrun = ({ name, samples }: MetricView): boolean =>
    closed !== null && guarded.some((metric) => metric.name === name && metric.samples.candidate > samples.candidate);
  const judged = (judge === null ? [] : metricsOf(judge))
    .filter((metric) => !isOutrun(metric))
    .map((metric) => (metric.name === closed?.metric ? { ...metric, failed: true } : metric));
  const names = new Set(judged.map((metric) => metric.name));
  const verdict = verdictOf(rollout);
  return {
    verdict,
    reason: closed?.reason ?? judge?.closed?.reason ?? null,
    message: messageOf(rollout, verdict),
    evidence: eValue(leading.logEvidence),
    threshold: eValue(leading.bound),
    metrics: [...guarded.filter(({ name }) => !names.has(name)), ...judged],
    errors: guard?.errors ?? { stable: 0, candidate: 0 },
  };
}

/** Edge case 29: worse goes before not knowing, and that before everything that would let it go on. */
function verdictOf(rollout: Rollout): AnalysisView["verdict"] {
  const { phase, analysis, judge, noDataSince } = rollout;
  if (analysis?.closed || judge?.closed) return "rollback";
  if (phase === "completed" && anythingJudged(rollout)) return "promote";
  if (noDataSince !== null) return "hold";
  return judge?.verdict ?? "continue";
}

/** A rollout that went through with nothing to judge it by was promoted by its strategy, not by the analysis. */
const anythingJudged = ({ analysis, judge }: Rollout): boolean =>
  (analysis !== null && Math.min(analysis.samples.stable, analysis.samples.candidate) > 0) ||
  (judge?.metrics.some(({ status }) => status === "ok") ?? false);

function messageOf({ analysis, judge }: Rollout, verdict: AnalysisView["verdict"]): string {
  if (analysis?.closed) return analysis.closed.reason;
  if (judge !== null) return judge.message;
  const { stable, candidate } = analysis?.samples ?? { stable: 0, candidate: 0 };
  const seen = `${candidate} requests of the candidate beside ${stable} of stable`;
  if (verdict === "hold") return `${seen} are too few to judge by`;
  if (analysis === null) return seen;
  return `no harm found in ${seen}: evidence of ${short(analysis.logEvidence)} where ${short(analysis.bound)} closes the gate`;
}

const metricsOf = (judge: JudgeReport): MetricView[] => judge.metrics.map((metric) => metricView(metric, judge.bound));

const metricView = ({ logEvidence, ...metric }: JudgeMetricReport, bound: number): MetricView => ({
  ...metric,
  evidence: logEvidence === null ? null : eValue(logEvidence),
  threshold: logEvidence === null ? null : eValue(bound),
});

/** How the guard judges what the gateway measures (ANALYSIS §§2.1, 3.2). */
const GUARD_METHODS: Readonly<Record<string, string>> = { error_rate: "fisher", latency: "latency-edges" };

function guardMetric({ name, stable, candidate, logEvidence }: MetricEvidence, guard: GuardReport): MetricView {
  const { samples, bound, closed } = guard;
  const seen = samples.stable > 0 && samples.candidate > 0;
  const spoken = name.replaceAll("_", " ");
  const figures = `candidate ${figure(name, candidate)} in ${samples.candidate} requests, stable ${figure(name, stable)} in ${samples.stable}`;
  return {
    name,
    source: "gateway",
    judge: GUARD_METHODS[name] ?? "fisher",
    status: seen ? "ok" : "no_data",
    failed: closed?.metric === name,
    stable,
    candidate,
    evidence: eValue(logEvidence),
    threshold: eValue(bound),
    samples,
    interval: null,
    message:
      closed?.metric === name
        ? closed.reason
        : seen
          ? `${spoken}: ${figures}; the evidence of harm is ${short(logEvidence)}, and ${short(bound)} would close the gate`
          : `${spoken}: ${figures}; both need requests before they can be compared`,
  };
}

function figure(name: string, value: number | null): string {
  if (value === null) return "unknown";
  const number = Number((name === "error_rate" ? value * 100 : value).toPrecision(3));
  return name === "error_rate" ? `${number} %` : `${number} ms`;
}

/** An e-value for people, given its logarithm: three digits are more than it is worth. */
function short(log: number): string {
  const value = eValue(log);
  return value >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** The pooled judge's own report. */
export const judgeView = (judge: JudgeReport): NonNullable<RolloutView["judge"]> => ({
  verdict: judge.verdict,
  message: judge.message,
  evidence: eValue(judge.logEvidence),
  maxEvidence: eValue(judge.maxLogEvidence),
  threshold: eValue(judge.bound),
  budget: judge.budget,
  metrics: metricsOf(judge),
  sampleRatio: { evidence: eValue(judge.sampleRatio.logEvidence), doubted: judge.sampleRatio.doubted },
  nonInferior: judge.nonInferior,
  closed: judge.closed === null ? null : { ...judge.closed, at: toIso(judge.closed.at) },
});

export const goalView = ({ logEvidence, bound, ...goal }: GoalReport): NonNullable<RolloutView["goal"]> => ({
  ...goal,
  evidence: { candidate: eValue(logEvidence.candidate), stable: eValue(logEvidence.stable) },
  threshold: eValue(bound),
});
