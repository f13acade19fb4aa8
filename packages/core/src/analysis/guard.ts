import { invalidField } from "../errors.ts";
import type { Instant } from "../time.ts";
import { FULL_WEIGHT, percentFromWeight, type Weight } from "../traffic/split.ts";
import { isBatchComplete } from "./batch-closer.ts";
import { BlockJudge, marginDetection } from "./block-judge.ts";
import { combineMetrics } from "./combine-metrics.ts";
import { FisherJudge } from "./fisher-judge.ts";
import { ArmCounts, type ArmPair, errorTable, type GuardArrivals, makesSense } from "./guard.arrivals.ts";
import { describeErrors, describeEvidence, describeLatency, describeOtherwise } from "./guard.reason.ts";
import { type GuardSnapshot, parseGuardSnapshot } from "./guard.snapshot.ts";
import type { GuardConfig, GuardMetric, GuardReport, PeriodCounts } from "./guard.types.ts";
import { LatencyJudge, type LatencyWatch } from "./latency-judge.ts";
import { LATENCY_BINS } from "./log-bins.ts";
import type { LogHistogram } from "./log-histogram.ts";
import { checkMargin } from "./margin.ts";
import { evidenceToClose, logLack } from "./stays-open.ts";

/** Part of the wealth that goes back to the prior when the weight changes (ANALYSIS §1). */
const REMIX_AT_WEIGHT_CHANGE = 0.1;

/** Beyond the last edge of the bins there is nothing to tolerate. */
const MOST_TOLERANCE_MS = 100_000;

/** The quantile of latency that a report shows. */
const REPORTED_QUANTILE = 0.95;

/** `close` from the tick on in which the evidence crossed the bound, for ever. */
export type GuardVerdict = "continue" | "close";

type Judge = { metric: GuardMetric } & (
  | { name: "error_rate"; judge: FisherJudge | BlockJudge }
  | { name: "latency"; judge: LatencyJudge }
);

/**
 * The judge inside the data plane (ANALYSIS §13). Fed with what each tick brought, it gathers batches, keeps one
 * e-process per metric over the whole life of its hypothesis (never reset at steps, pauses or restarts), and latches
 * `close` when their weighted average reaches 1/α: a candidate that is no worse is closed with probability at most α,
 * ever. Reads no clock, does no I/O; its state travels through `snapshot`.
 */
export class Guard {
  readonly config: GuardConfig;
  readonly #bound: number;
  readonly #judges: Judge[];
  readonly #totals: ArmPair;
  readonly #batch: ArmPair;
  /** Of the present period. Not kept over a restart: that begins another one. */
  readonly #period = armPair();
  #periodNumber: number;
  #weight: Weight | null;
  #maxLogEvidence: number;
  #droppedTicks: number;
  #closed: GuardReport["closed"];

  /** Use `createGuard`, `restoreGuard` or `resumeGuard`. */
  constructor(config: GuardConfig, baseline: LogHistogram | null, state?: GuardSnapshot) {
    this.config = config;
    this.#bound = Math.log(1 / config.alpha);
    this.#judges = config.metrics.map((metric) =>
      metric.name === "error_rate"
        ? { metric, name: metric.name, judge: errorJudge(metric, state) }
        : {
            metric,
            name: metric.name,
            judge: new LatencyJudge(watchOf(metric), baseline, state?.latency ?? undefined),
          },
    );
    this.#totals = armPair(state?.totals);
    this.#batch = armPair(state?.batch);
    this.#periodNumber = state?.period ?? 0;
    this.#weight = state?.weight ?? null;
    this.#maxLogEvidence = state?.maxLogEvidence ?? 0;
    this.#droppedTicks = state?.droppedTicks ?? 0;
    this.#closed = state?.closed ?? null;
  }

  /** Whether the gate is to be closed now: the bound was crossed, and this guard may act on it. */
  get verdict(): GuardVerdict {
    return this.#closed !== null && this.config.closes ? "close" : "continue";
  }

  /**
   * Takes in one tick. A tick without candidate traffic changes no evidence, and one whose counts make no sense is
   * dropped and counted. A weight of 0 or 100 % leaves nothing to compare: such ticks only add to the totals.
   */
  observe(arrivals: GuardArrivals, now: Instant): GuardVerdict {
    if (!makesSense(arrivals)) {
      this.#droppedTicks += 1;
      return this.verdict;
    }
    addTo(this.#totals, arrivals);
    addTo(this.#period, arrivals);
    if (arrivals.weight !== this.#weight) this.#changeWeight(arrivals.weight, now);
    if (arrivals.weight > 0 && arrivals.weight < FULL_WEIGHT) {
      addTo(this.#batch, arrivals);
      const sizes = { candidate: this.#batch.candidate.requests, stable: this.#batch.stable.requests };
      if (isBatchComplete(sizes, percentFromWeight(arrivals.weight) / 100)) this.#judgeBatch(now);
    }
    return this.verdict;
  }

  /**
   * Weights, pins or mirror are others from now on, or the gateway has just started. The clock keeps the number growing
   * when the last one was not yet on disk.
   */
  beginPeriod(now: Instant): void {
    this.#periodNumber = Math.max(this.#periodNumber + 1, now);
    this.#period.candidate.clear();
    this.#period.stable.clear();
  }

  /** What was counted in the present period; null while that is nothing. */
  counts(): Omit<PeriodCounts, "mirrored"> | null {
    const { stable, candidate } = this.#period;
    if (this.#weight === null || stable.requests + candidate.requests === 0) return null;
    return {
      hypothesis: this.config.hypothesis,
      period: this.#periodNumber,
      weight: this.#weight,
      stable: stable.state(),
      candidate: candidate.state(),
    };
  }

  report(): GuardReport {
    const { candidate, stable } = this.#totals;
    return {
      hypothesis: this.config.hypothesis,
      logEvidence: this.#logEvidence(),
      maxLogEvidence: this.#maxLogEvidence,
      bound: this.#bound,
      metrics: this.#judges.map((entry) => ({
        name: entry.name,
        logEvidence: evidenceOf(entry),
        stable: figure(entry.name, stable),
        candidate: figure(entry.name, candidate),
      })),
      samples: { stable: stable.requests, candidate: candidate.requests },
      errors: { stable: stable.errors, candidate: candidate.errors },
      closed: this.#closed,
      ...(this.#droppedTicks > 0 && { droppedTicks: this.#droppedTicks }),
    };
  }

  /** Everything needed to go on after a restart, as plain JSON. */
  snapshot(): GuardSnapshot {
    const errors = this.#judges.find((entry) => entry.name === "error_rate");
    const latency = this.#judges.find((entry) => entry.name === "latency");
    return {
      format: 1,
      config: this.config,
      weight: this.#weight,
      totals: { candidate: this.#totals.candidate.state(), stable: this.#totals.stable.state() },
      batch: { candidate: this.#batch.candidate.state(), stable: this.#batch.stable.state() },
      errors: errors?.judge instanceof FisherJudge ? errors.judge.state() : null,
      block: errors?.judge instanceof BlockJudge ? errors.judge.state() : null,
      latency: latency?.judge.state() ?? null,
      maxLogEvidence: this.#maxLogEvidence,
      droppedTicks: this.#droppedTicks,
      period: this.#periodNumber,
      closed: this.#closed,
    };
  }

  /** A batch must not mix two weights, or a drift of both arms would look like a difference: it ends here. */
  #changeWeight(weight: Weight, now: Instant): void {
    if (this.#weight !== null) {
      this.#judgeBatch(now);
      for (const { judge } of this.#judges) judge.remix(REMIX_AT_WEIGHT_CHANGE);
    }
    this.#weight = weight;
  }

  /** Judges what was gathered and starts the next batch. Without both arms there is nothing to learn. */
  #judgeBatch(now: Instant): void {
    const { candidate, stable } = this.#batch;
    if (candidate.requests > 0 && stable.requests > 0) {
      for (const entry of this.#judges) {
        if (entry.name === "latency") entry.judge.update(this.#batch);
        else entry.judge.update(errorTable(this.#batch));
      }
      const logEvidence = this.#logEvidence();
      this.#maxLogEvidence = Math.max(this.#maxLogEvidence, logEvidence);
      if (this.#closed === null && logEvidence >= this.#bound) this.#closed = this.#closing(logEvidence, now);
    }
    candidate.clear();
    stable.clear();
  }

  /** Without a metric there is no evidence: then the guard only counts, for those who judge elsewhere. */
  #logEvidence(): number {
    if (this.#judges.length === 0) return 0;
    return combineMetrics(this.#judges.map((entry) => ({ share: entry.metric.share, logEvidence: evidenceOf(entry) })));
  }

  #closing(logEvidence: number, now: Instant): { at: number; metric: string; reason: string } {
    const stake = (entry: Judge): number => Math.log(entry.metric.share) + evidenceOf(entry);
    const worst = this.#judges.reduce((left, right) => (stake(right) > stake(left) ? right : left));
    const seen =
      worst.name === "latency"
        ? describeLatency(this.config, this.#totals, worst.judge.finding)
        : describeErrors(this.config, this.#totals);
    const needed = evidenceToClose(this.#bound, logLack(logEvidence, stake(worst)), worst.metric.share);
    const reason =
      `${seen} (evidence ${describeEvidence(logEvidence)}, bound ${describeEvidence(this.#bound)})` +
      describeOtherwise(this.#totals, needed, worst.name === "latency" ? worst.judge.finding : worst.metric);
    return { at: now, metric: worst.name, reason };
  }
}

/**
 * A guard with no evidence yet. `baseline` is stable's latency from before the rollout; with fewer than 1,000 requests
 * in it the guard learns what is normal from stable's traffic as it goes. Throws `invalid_argument` naming the field
 * for α or shares outside (0, 1), shares that add up to more than 1, a negative tolerance, or a metric named twice.
 */
export function createGuard(config: GuardConfig, baseline: LogHistogram | null = null): Guard {
  validate(config);
  return new Guard(config, baseline);
}

/** The guard that `snapshot` was taken of; it goes on as if nothing had happened. Throws `data_loss` on anything else. */
export function restoreGuard(snapshot: unknown): Guard {
  const state = parseGuardSnapshot(snapshot);
  return new Guard(state.config, null, state);
}

/**
 * The guard for `config` after a restart: with the evidence of the snapshot when it is of the same hypothesis, afresh
 * otherwise, since earlier evidence says nothing about a new candidate. Throws as the two above do.
 */
export function resumeGuard(snapshot: unknown, config: GuardConfig, baseline: LogHistogram | null = null): Guard {
  const restored = restoreGuard(snapshot);
  return restored.config.hypothesis === config.hypothesis ? restored : createGuard(config, baseline);
}

function validate({ alpha, metrics }: GuardConfig): void {
  if (!(alpha > 0 && alpha < 1)) throw invalidField("guard.alpha", alpha, "a number between 0 and 1, both excluded");
  for (const [index, metric] of metrics.entries()) {
    const { name, share, tolerance = 0, toleranceMs = 0, quantile = 0.5, margin } = metric;
    const field = `guard.metrics[${index}]`;
    if (margin !== undefined) checkMargin(margin, `${field}.margin`);
    if (!(share > 0 && share <= 1)) throw invalidField(`${field}.share`, share, "a number above 0, at most 1");
    if (!(tolerance >= 0 && tolerance <= 100)) throw invalidField(`${field}.tolerance`, tolerance, "from 0 to 100");
    if (!(toleranceMs >= 0 && toleranceMs <= MOST_TOLERANCE_MS))
      throw invalidField(`${field}.toleranceMs`, toleranceMs, `from 0 to ${MOST_TOLERANCE_MS}`);
    if (!(quantile > 0 && quantile < 1))
      throw invalidField(`${field}.quantile`, quantile, "a number between 0 and 1, both excluded");
    const first = metrics.findIndex((metric) => metric.name === name);
    if (first !== index) throw invalidField(`${field}.name`, name, "each metric once");
  }
  const staked = metrics.reduce((sum, { share }) => sum + share, 0);
  if (staked > 1 + 1e-9) throw invalidField("guard.metrics", staked, "shares that add up to at most 1");
}

/** Worse at all, or worse by more than is tolerated. */
const errorJudge = ({ margin }: GuardMetric, state?: GuardSnapshot): FisherJudge | BlockJudge =>
  margin === undefined
    ? new FisherJudge(state?.errors ?? undefined)
    : new BlockJudge(marginDetection(margin), state?.block ?? undefined);

const watchOf = ({ tolerance = 0, toleranceMs = 0, quantile }: GuardMetric): LatencyWatch => ({
  relative: tolerance,
  absoluteMs: toleranceMs,
  quantile,
});

const armPair = (state?: GuardSnapshot["totals"]): ArmPair => ({
  candidate: new ArmCounts(state?.candidate),
  stable: new ArmCounts(state?.stable),
});

function addTo(pair: ArmPair, arrivals: GuardArrivals): void {
  pair.candidate.add(arrivals.candidate);
  pair.stable.add(arrivals.stable);
}

const evidenceOf = (entry: Judge): number =>
  entry.name === "latency" ? entry.judge.logEvidence : entry.judge.logWealth;

function figure(metric: GuardMetric["name"], arm: ArmCounts): number | null {
  if (metric === "error_rate") return arm.requests === 0 ? null : arm.errors / arm.requests;
  const bin = arm.latency.quantileBin(REPORTED_QUANTILE);
  // The last bin has no upper edge; its lower one is the best finite answer.
  return bin === null ? null : LATENCY_BINS.edge(Math.min(bin, LATENCY_BINS.overflow - 1));
}
