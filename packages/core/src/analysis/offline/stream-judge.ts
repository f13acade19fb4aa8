import { invalidField } from "../../errors.ts";
import { Claims } from "../../judge/claims.ts";
import { RatioWatch } from "../../judge/ratio.ts";
import { FULL_WEIGHT, percentFromWeight, type Weight, weightFromPercent } from "../../traffic/split.ts";
import { isBatchComplete } from "../batch-closer.ts";
import { BlockJudge, marginDetection } from "../block-judge.ts";
import { combineMetrics } from "../combine-metrics.ts";
import { FisherJudge } from "../fisher-judge.ts";
import { ArmCounts, type ArmPair } from "../guard.arrivals.ts";
import { STAKES, TOLERANCE } from "../guard.config.ts";
import { LatencyJudge } from "../latency-judge.ts";
import { defectsOf, ScoreJudge, scoreDetection } from "../score-judge.ts";
import { describeClosing, describeStream } from "./describe.stream.ts";
import type { Arm, StreamEvent } from "./stream.event.ts";
import {
  STREAM_METRICS,
  type StreamMetric,
  type StreamMetricReport,
  type StreamOptions,
  type StreamReport,
} from "./stream.types.ts";

/** As a rollout has them, with the default stakes of its metrics (ANALYSIS §6.1). */
export const STREAM_DEFAULTS: StreamOptions = {
  alpha: 0.01,
  weight: null,
  stakes: { error_rate: STAKES.error_rate, latency: STAKES.latency, score: 0.2 },
  errorMargin: null,
  latency: TOLERANCE,
  scoreMargin: 0,
  nonInferiority: { errors: null, latency: false },
};

/** Part of the wealth that goes back to the prior when the weight changes (ANALYSIS §1). */
const REMIX_AT_WEIGHT_CHANGE = 0.1;

/** So many strata are kept apart at once; events of others are refused. */
const MOST_STRATA = 1_000;

/** A batch ends here even if one arm is missing, and is then dropped: its size alone decides, so this costs nothing but power. */
const LARGEST_BATCH = 10_000;

/** One request, as the watch on the split wants it. */
const ONE_CANDIDATE: ArmPair = oneRequest("candidate");
const ONE_STABLE: ArmPair = oneRequest("stable");

/** What was gathered of one stratum and not judged yet. */
interface OpenBatch {
  arms: ArmPair;
  scores: { candidate: number[]; stable: number[] };
}

/**
 * The rollout's analysis, event by event, without a rollout: the same batches, e-processes and combination as the guard and the pooled
 * judge use. Its evidence after any event is valid whenever one looks. Constant memory; reads no clock, does no I/O.
 */
export class StreamJudge {
  readonly options: StreamOptions;
  readonly #shares: ReadonlyMap<StreamMetric, number>;
  readonly #bound: number;
  readonly #errors: FisherJudge | BlockJudge;
  readonly #latency: LatencyJudge;
  readonly #scores: ScoreJudge;
  readonly #claims: Claims;
  readonly #ratio = new RatioWatch();
  readonly #open = new Map<string, OpenBatch>();
  readonly #totals: ArmPair = armPair();
  readonly #scored = { candidate: { count: 0, sum: 0 }, stable: { count: 0, sum: 0 } };
  #events = 0;
  #weight: Weight | null;
  #maxLogEvidence = 0;
  #closed: StreamReport["closed"] = null;

  /** Throws `invalid_argument` naming the option. */
  constructor(changes: Partial<StreamOptions> = {}) {
    const options = { ...STREAM_DEFAULTS, ...changes };
    this.options = options;
    this.#shares = sharesOf(options);
    if (!(options.alpha > 0 && options.alpha < 1))
      throw invalidField("alpha", options.alpha, "a number between 0 and 1, both excluded");
    if (!(options.scoreMargin >= 0 && options.scoreMargin <= 0.9))
      throw invalidField("scoreMargin", options.scoreMargin, "a number from 0 to 0.9");
    this.#bound = Math.log(1 / options.alpha);
    this.#weight = options.weight === null ? null : weightFromPercent(options.weight);
    this.#errors =
      options.errorMargin === null ? new FisherJudge() : new BlockJudge(marginDetection(options.errorMargin));
    this.#latency = new LatencyJudge(options.latency, null);
    this.#scores = new ScoreJudge(scoreDetection(options.scoreMargin));
    const { errors, latency } = options.nonInferiority;
    this.#claims = new Claims({ nonInferiority: { errors, latency: latency ? options.latency : null } }, null);
  }

  /** ln of the combined e-value now. */
  get logEvidence(): number {
    return combineMetrics(
      Array.from(this.#shares, ([name, share]) => ({ share, logEvidence: this.#evidenceOf(name) })),
    );
  }

  get closed(): StreamReport["closed"] {
    return this.#closed;
  }

  /** Takes one event in. Throws `invalid_argument` for a weight finer than hundredths, or for too many strata. */
  observe(event: StreamEvent): void {
    const weight = event.weight === null ? this.#weight : weightFromPercent(event.weight);
    this.#events += 1;
    if (weight !== this.#weight) this.#changeWeight(weight);
    this.#count(event);
    if (weight === 0 || weight === FULL_WEIGHT) return;
    const batch = this.#batchOf(event.stratum);
    if (event.ok !== null) add(batch.arms[event.arm], event);
    if (event.score !== null) batch.scores[event.arm].push(event.score);
    this.#judgeWhenComplete(batch);
  }

  report(): StreamReport {
    const ratio = this.#weight === null ? null : this.#ratio;
    const found: Omit<StreamReport, "message"> = {
      events: this.#events,
      verdict: this.#verdict(),
      logEvidence: this.logEvidence,
      maxLogEvidence: this.#maxLogEvidence,
      bound: this.#bound,
      pValue: Math.exp(-this.#maxLogEvidence),
      metrics: this.#metrics(),
      sampleRatio: ratio && { logEvidence: ratio.logEvidence, doubted: ratio.doubted },
      nonInferior: this.#claims.shown,
      closed: this.#closed,
    };
    return { ...found, message: describeStream(found) };
  }

  #verdict(): StreamReport["verdict"] {
    if (this.#closed !== null) return "rollback";
    if (this.#ratio.doubted) return "hold";
    return this.#claims.shown === true ? "promote" : "continue";
  }

  #evidenceOf(name: StreamMetric): number {
    if (name === "error_rate") return this.#errors.logWealth;
    return name === "latency" ? this.#latency.logEvidence : this.#scores.logWealth;
  }

  #count(event: StreamEvent): void {
    if (event.score !== null) {
      this.#scored[event.arm].count += 1;
      this.#scored[event.arm].sum += event.score;
    }
    if (event.ok === null) return;
    add(this.#totals[event.arm], event);
    if (this.#weight === null) return;
    const arms = event.arm === "candidate" ? ONE_CANDIDATE : ONE_STABLE;
    this.#ratio.take({ weight: this.#weight, mirrored: false, arms });
  }

  /** A batch must not mix two weights, or a drift of both arms would look like a difference: all end here. */
  #changeWeight(weight: Weight | null): void {
    if (this.#weight !== null) {
      for (const batch of this.#open.values()) {
        this.#judgeTraffic(batch);
        this.#judgeScores(batch);
      }
      for (const judge of [this.#errors, this.#latency, this.#scores]) judge.remix(REMIX_AT_WEIGHT_CHANGE);
    }
    this.#weight = weight;
  }

  #batchOf(stratum: string): OpenBatch {
    const known = this.#open.get(stratum);
    if (known !== undefined) return known;
    if (this.#open.size >= MOST_STRATA) throw invalidField("stratum", stratum, `at most ${MOST_STRATA} different ones`);
    const fresh = { arms: armPair(), scores: { candidate: [], stable: [] } };
    this.#open.set(stratum, fresh);
    return fresh;
  }

  #judgeWhenComplete(batch: OpenBatch): void {
    const { arms, scores } = batch;
    if (this.#isComplete(arms.candidate.requests, arms.stable.requests)) this.#judgeTraffic(batch);
    if (this.#isComplete(scores.candidate.length, scores.stable.length)) this.#judgeScores(batch);
  }

  #isComplete(candidate: number, stable: number): boolean {
    if (candidate + stable >= LARGEST_BATCH) return true;
    return candidate > 0 && stable > 0 && isBatchComplete({ candidate, stable }, this.#share());
  }

  /** The candidate's share: the nominal one, else that of all requests so far. Sizes only, never outcomes. */
  #share(): number {
    if (this.#weight !== null) return percentFromWeight(this.#weight) / 100;
    const { candidate, stable } = this.#totals;
    const [ours, theirs] = [
      candidate.requests + this.#scored.candidate.count,
      stable.requests + this.#scored.stable.count,
    ];
    return (ours + 1) / (ours + theirs + 2);
  }

  #judgeTraffic({ arms }: OpenBatch): void {
    const { candidate, stable } = arms;
    if (candidate.requests > 0 && stable.requests > 0) {
      this.#errors.update({
        candidateErrors: candidate.errors,
        candidateRequests: candidate.requests,
        stableErrors: stable.errors,
        stableRequests: stable.requests,
      });
      if (this.#shares.has("latency")) this.#latency.update(arms);
      this.#claims.update(arms);
      this.#look();
    }
    candidate.clear();
    stable.clear();
  }

  #judgeScores({ scores }: OpenBatch): void {
    if (scores.candidate.length > 0 && scores.stable.length > 0) {
      this.#scores.update(defectsOf(scores.candidate), defectsOf(scores.stable));
      this.#look();
    }
    scores.candidate = [];
    scores.stable = [];
  }

  #look(): void {
    const logEvidence = this.logEvidence;
    this.#maxLogEvidence = Math.max(this.#maxLogEvidence, logEvidence);
    if (this.#closed !== null || logEvidence < this.#bound) return;
    const stake = ({ share, logEvidence: evidence }: StreamMetricReport): number => Math.log(share) + evidence;
    const worst = this.#metrics().reduce((left, right) => (stake(right) > stake(left) ? right : left));
    const reason = describeClosing(worst, this.#latency.finding, this.#totals, { logEvidence, bound: this.#bound });
    this.#closed = { event: this.#events, metric: worst.name, reason };
  }

  #metrics(): StreamMetricReport[] {
    const { candidate, stable } = this.#totals;
    return Array.from(this.#shares, ([name, share]) => {
      const common = { name, share, logEvidence: this.#evidenceOf(name) };
      if (name === "score") {
        const { candidate: ours, stable: theirs } = this.#scored;
        const mean = ({ count, sum }: { count: number; sum: number }): number | null =>
          count === 0 ? null : sum / count;
        return {
          ...common,
          stable: mean(theirs),
          candidate: mean(ours),
          samples: { stable: theirs.count, candidate: ours.count },
        };
      }
      const figure = name === "latency" ? latencyOf : errorRateOf;
      const samples = name === "latency" ? latencySamples : (arm: ArmCounts) => arm.requests;
      return {
        ...common,
        stable: figure(stable),
        candidate: figure(candidate),
        samples: { stable: samples(stable), candidate: samples(candidate) },
      };
    });
  }
}

/** A judge for events of one comparison. */
export const streamJudge = (options: Partial<StreamOptions> = {}): StreamJudge => new StreamJudge(options);

function sharesOf({ stakes }: StreamOptions): Map<StreamMetric, number> {
  const asked = STREAM_METRICS.flatMap((name) => {
    const stake = stakes[name];
    if (stake === undefined) return [];
    if (!(stake > 0 && stake <= 1)) throw invalidField(`stakes.${name}`, stake, "a number above 0, at most 1");
    return [[name, stake] as const];
  });
  if (asked.length === 0) throw invalidField("stakes", stakes, `at least one of ${STREAM_METRICS.join(", ")}`);
  const total = asked.reduce((sum, [, stake]) => sum + stake, 0);
  return new Map(asked.map(([name, stake]) => [name, stake / total]));
}

function armPair(): ArmPair {
  return { candidate: new ArmCounts(), stable: new ArmCounts() };
}

function oneRequest(arm: Arm): ArmPair {
  const pair = armPair();
  pair[arm].requests = 1;
  return pair;
}

/** An answer whose latency is not told is left out of the latencies by that alone, whatever it was. */
function add(arm: ArmCounts, { ok, latencyMs }: StreamEvent): void {
  arm.requests += 1;
  if (ok === false) arm.errors += 1;
  else if (latencyMs === null) arm.warming += 1;
  else arm.latency.record(latencyMs);
}

const errorRateOf = ({ errors, requests }: ArmCounts): number | null => (requests === 0 ? null : errors / requests);
const latencySamples = ({ latency }: ArmCounts): number => latency.total;

/** The 95th percentile of the answers; beyond the last edge of the bins there is no finite one. */
function latencyOf({ latency }: ArmCounts): number | null {
  const ms = latency.quantile(0.95);
  return ms === null || !Number.isFinite(ms) ? null : ms;
}
