import { combineMetrics, type WeightedEvidence } from "../analysis/combine-metrics.ts";
import type { LogHistogram } from "../analysis/log-histogram.ts";
import { closingOf } from "./closing.ts";
import type { JudgeBatch, OutsideProblem, OutsideValues } from "./judge.batch.ts";
import { type JudgeView, judgeReport } from "./judge.report.ts";
import { type JudgeSnapshot, parseJudgeSnapshot } from "./judge.snapshot.ts";
import type { JudgeConfig } from "./judge.terms.ts";
import type { JudgeReport } from "./judge.types.ts";
import { nominalShare } from "./outside.counterfactual.ts";
import { badValue, type OutsideJudge, outsideJudge } from "./outside.judge.ts";
import { evidenceOf, TrafficJudge } from "./traffic.judge.ts";

/**
 * The judge in the control plane (ANALYSIS §13). It pools what all gateways count with scores and figures from outside, keeps one
 * e-process a metric over the whole life of the rollout, and latches "worse" when their weighted average reaches 1/α: a
 * candidate that is no worse is taken back with probability at most α, over all metrics, looks, steps and weights.
 *
 * Reads no clock, does no I/O; its state travels through `snapshot`. Persist that before acting on what it says.
 */
export class PooledJudge {
  readonly config: JudgeConfig;
  readonly #traffic: TrafficJudge;
  readonly #outside: readonly OutsideJudge[];
  readonly #readings: Map<string, OutsideProblem | null>;
  readonly #bound: number;
  #seq: number;
  #maxLogEvidence: number;
  #closed: JudgeReport["closed"];

  /** Use `createJudge` or `resumeJudge`. */
  constructor(config: JudgeConfig, baseline: LogHistogram | null, state?: JudgeSnapshot) {
    this.config = config;
    this.#bound = Math.log(1 / config.budget.pooled);
    this.#traffic = new TrafficJudge(config, baseline, state?.traffic);
    this.#outside = config.outside.map((terms, index) => outsideJudge(terms, state?.outside[index]));
    this.#readings = new Map(state?.readings.map(({ metric, problem }) => [metric, problem]));
    this.#seq = state?.seq ?? 0;
    this.#maxLogEvidence = state?.maxLogEvidence ?? 0;
    this.#closed = state?.closed ?? null;
  }

  /** Number of the last batch that was taken in; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** Worse: latched for ever, with the reason. */
  get closed(): JudgeReport["closed"] {
    return this.#closed;
  }

  /**
   * What decides, in brief: the same text as before says that a report would come to the same verdicts. Much cheaper than a
   * report, which also works out what would have changed each of them.
   */
  get word(): string {
    const { blind, claims, ratio, parts, totals, step } = this.#traffic;
    const enough = ({ requests }: { requests: number }): boolean => requests >= Math.max(1, this.config.minimumSamples);
    return JSON.stringify([
      this.#closed,
      claims.shown,
      ratio.doubted,
      blind,
      step,
      parts.map((part) => Math.log(part.terms.share) + evidenceOf(part) >= this.#bound),
      [enough(totals.candidate), enough(totals.stable)],
      [...this.#readings].map(([metric, problem]) => [metric, problem?.status]),
    ]);
  }

  /** Takes a batch in. False for a replay, which changes nothing. */
  observe(batch: JudgeBatch): boolean {
    if (!(batch.seq > this.#seq)) return false;
    this.#seq = batch.seq;
    this.#traffic.take(batch);
    for (const values of batch.values) this.#takeValues(values);
    for (const problem of batch.problems) this.#readings.set(problem.metric, problem);
    const logEvidence = this.#logEvidence();
    this.#maxLogEvidence = Math.max(this.#maxLogEvidence, logEvidence);
    this.#closed ??= closingOf(this.#view(logEvidence), batch.at);
    return true;
  }

  report(): JudgeReport {
    return judgeReport(this.#view(this.#logEvidence()));
  }

  /** Everything needed to go on after a restart, as plain JSON. */
  snapshot(): JudgeSnapshot {
    return {
      format: 1,
      config: this.config,
      seq: this.#seq,
      traffic: this.#traffic.state(),
      outside: this.#outside.map((judge) => judge.state()),
      readings: [...this.#readings].map(([metric, problem]) => ({ metric, problem })),
      maxLogEvidence: this.#maxLogEvidence,
      closed: this.#closed,
    };
  }

  /** Values that make no sense are a problem of the metric, never evidence. */
  #takeValues(values: OutsideValues): void {
    const judges = this.#outside.filter(({ terms }) => terms.name === values.metric);
    for (const { terms } of judges) {
      const bad = badValue(terms, values);
      if (bad === null) continue;
      this.#readings.set(values.metric, { metric: values.metric, status: "invalid", message: bad });
      return;
    }
    if (values.candidate.length + values.stable.length === 0) {
      // The source answers, and has nothing new.
      if (this.#readings.has(values.metric)) this.#readings.set(values.metric, null);
      return;
    }
    this.#readings.set(values.metric, null);
    const share = nominalShare(this.#traffic.weight);
    for (const judge of judges) judge.take(values, share);
  }

  #logEvidence(): number {
    const parts: WeightedEvidence[] = [
      ...this.#traffic.parts.map((part) => ({ share: part.terms.share, logEvidence: evidenceOf(part) })),
      ...this.#outside.flatMap(({ terms, logEvidence }) =>
        logEvidence === null || !("share" in terms) ? [] : [{ share: terms.share, logEvidence }],
      ),
    ];
    return parts.length === 0 ? 0 : combineMetrics(parts);
  }

  #view(logEvidence: number): JudgeView {
    return {
      config: this.config,
      traffic: this.#traffic,
      outside: this.#outside,
      readings: this.#readings,
      logEvidence,
      maxLogEvidence: this.#maxLogEvidence,
      bound: this.#bound,
      closed: this.#closed,
    };
  }
}

/** A judge with no evidence yet. `baseline`: stable's latencies from before the rollout, if known. */
export const createJudge = (config: JudgeConfig, baseline: LogHistogram | null = null): PooledJudge =>
  new PooledJudge(config, baseline);

/** The judge that `snapshot` was taken of; it goes on as if nothing had happened. Throws `data_loss` on anything else. */
export function resumeJudge(snapshot: unknown): PooledJudge {
  const state = parseJudgeSnapshot(snapshot);
  return new PooledJudge(state.config, null, state);
}
