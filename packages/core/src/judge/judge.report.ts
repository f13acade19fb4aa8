import { describeEvidence } from "../analysis/guard.reason.ts";
import { logLack } from "../analysis/stays-open.ts";
import { percentFromWeight } from "../traffic/split.ts";
import type { OutsideProblem } from "./judge.batch.ts";
import type { JudgeConfig } from "./judge.terms.ts";
import type { JudgeMetricReport, JudgeReport } from "./judge.types.ts";
import type { OutsideJudge } from "./outside.judge.ts";
import { outsideMetric } from "./outside.report.ts";
import { evidenceOf, type TrafficJudge } from "./traffic.judge.ts";
import { aloneMetric, trafficMetric } from "./traffic.report.ts";

/** What a judge knows at one moment. */
export interface JudgeView {
  config: JudgeConfig;
  traffic: TrafficJudge;
  outside: readonly OutsideJudge[];
  /** By metric: what was wrong with its last reading, null when nothing was; metrics that were never read are not in it. */
  readings: ReadonlyMap<string, OutsideProblem | null>;
  logEvidence: number;
  maxLogEvidence: number;
  bound: number;
  closed: JudgeReport["closed"];
}

/** What the judge says, with a sentence for each metric and one for the verdict. */
export function judgeReport(view: JudgeView): JudgeReport {
  const { config, traffic, logEvidence, maxLogEvidence, bound, closed } = view;
  const metrics = metricsOf(view);
  const sampleRatio = { logEvidence: traffic.ratio.logEvidence, doubted: traffic.ratio.doubted };
  const nonInferior = traffic.claims.shown;
  const held = heldBy(view, metrics);
  const verdict =
    closed !== null ? "rollback" : held !== null ? "hold" : nonInferior === true ? "promote" : ("continue" as const);
  return {
    hypothesis: config.hypothesis,
    verdict,
    logEvidence,
    maxLogEvidence,
    bound,
    budget: config.budget,
    metrics,
    sampleRatio,
    samples: { stable: traffic.totals.stable.requests, candidate: traffic.totals.candidate.requests },
    nonInferior,
    ...(traffic.step === null ? {} : { step: traffic.step }),
    closed,
    message: closed?.reason ?? held ?? summary(view, metrics, nonInferior),
  };
}

function metricsOf(view: JudgeView): JudgeMetricReport[] {
  const { traffic, outside, logEvidence, bound } = view;
  /** The evidence that a part needs for the gate to close, the others staying as they are. */
  const needed = (share: number, evidence: number): number => {
    const stake = Math.log(share) + evidence;
    const others = Math.min(logLack(logEvidence, stake), bound - 1e-9);
    return logLack(bound, others) - Math.log(share);
  };
  const finding = traffic.alone?.finding ?? null;
  return [
    ...traffic.parts.map((part) => trafficMetric(view, part, needed(part.terms.share, evidenceOf(part)))),
    ...(finding === null ? [] : [aloneMetric(view, finding)]),
    ...outside.map((judge) => {
      const { terms, logEvidence: evidence } = judge;
      const own = evidence === null || !("share" in terms) ? Number.POSITIVE_INFINITY : needed(terms.share, evidence);
      return outsideMetric(view, judge, own);
    }),
  ];
}

/**
 * Why the judge does not know; null when nothing holds it up. Requests that are still too few are the rollout's own affair: it knows
 * which arms are to have traffic in a step.
 */
function heldBy({ config, traffic }: JudgeView, metrics: readonly JudgeMetricReport[]): string | null {
  if (traffic.ratio.doubted) {
    const worst = traffic.ratio.worst;
    const all = worst === null ? 0 : worst.candidate + worst.stable;
    return (
      `revision ${config.candidate} got ${worst?.candidate ?? 0} of ${all} requests at a weight of ` +
      `${percentFromWeight(worst?.weight ?? 0)} % (evidence ${describeEvidence(traffic.ratio.logEvidence)} that the split is another one); ` +
      "counts that fit the weight would end the doubt"
    );
  }
  const holds = ({ source, status }: JudgeMetricReport): boolean => {
    if (source === "gateway" || status === "ok") return false;
    return status === "no_data" ? config.onNoData !== "promote" : config.onProviderError !== "ignore";
  };
  const held = metrics.find(holds);
  return held === undefined ? null : `held, since it is not known how the candidate does: ${held.message}`;
}

function summary(
  { config, traffic, bound, logEvidence }: JudgeView,
  metrics: readonly JudgeMetricReport[],
  shown: boolean | null,
): string {
  const strongest = metrics.reduce<JudgeMetricReport | null>(
    (best, metric) => ((metric.logEvidence ?? -Infinity) > (best?.logEvidence ?? -Infinity) ? metric : best),
    null,
  );
  if (config.stable === null) {
    const nothing = `revision ${config.candidate} is the first delivery: there is nothing to compare it with`;
    return strongest === null
      ? `${nothing}, and no absolute limit was set; one would be judged`
      : `${nothing}, so absolute limits alone are judged: ${strongest.message}`;
  }
  if (traffic.blind) {
    const { requests } = traffic.totals.candidate;
    const nothing =
      `nothing to compare with: ${requests} requests of revision ${config.candidate} are known and none of revision ` +
      `${config.stable}, neither beside them nor before`;
    const limited = traffic.parts.some(({ kind }) => kind === "limit");
    return limited && strongest !== null
      ? `${nothing}, so absolute limits alone are judged: ${strongest.message}`
      : `${nothing}; a share of the traffic that stays there (\`holdbackPercentage\`) would change that`;
  }
  if (shown === true) {
    const seen = strongest === null ? "" : `: ${strongest.message}`;
    return `revision ${config.candidate} is no worse than revision ${config.stable} by more than the margins asked for${seen}`;
  }
  if (strongest === null) return `nothing is compared between revisions ${config.candidate} and ${config.stable}`;
  const strength = `evidence ${describeEvidence(logEvidence)} of the ${describeEvidence(bound)} that would close the gate`;
  return `nothing says that revision ${config.candidate} is worse (${strength}): ${strongest.message}`;
}
