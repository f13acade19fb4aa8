import {
  createJudge,
  FULL_WEIGHT,
  type Instant,
  type JudgeBatch,
  type JudgeReport,
  judgeConfigOf,
  LogHistogram,
  type OutsideMetricOptions,
  type PeriodCounts,
  type PooledJudge,
  type Rollout,
  type RouteObservation,
  resumeJudge,
  SluiceError,
  weightOf,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { sourceReader } from "../metric/source.choice.ts";
import { dropJudge, findJudge, type JudgedRollout, saveJudge } from "./judge.store.ts";
import { type ArmQuestion, MetricReader, type ReadingsState } from "./metric.reader.ts";
import type { ReadSlots } from "./read.slots.ts";
import { stableBefore } from "./stable.before.ts";
import { countsElsewhere, findingsOn, isDealtElsewhere } from "./traffic/counts.elsewhere.ts";
import type { PrometheusCounts } from "./traffic/prometheus.counts.ts";

export interface WatchDeps {
  db: Kysely<Database>;
  /** What the gateway says of a deployment's route; null while it says nothing. */
  route: (deployment: string) => RouteObservation | null;
  /** Tells the rollout that the judge's word has changed; after it is on disk. */
  changed: (deployment: string) => void;
  root: string;
  slots: ReadSlots;
  logger: Logger;
  now: () => Instant;
}

/** What the judge knows is on disk at most this much later, unless its word has changed: then at once (ms). */
const SAVE_MS = 2_000;

/** The gateway whose counts the link hands on, where there is one. */
const GATEWAY = "gateway";

/** One rollout under judgement, for as long as this process has claimed it. */
export class RolloutWatch {
  readonly #deps: WatchDeps;
  readonly #judge: PooledJudge;
  readonly #reader: MetricReader;
  /** Of a data plane that is not ours; null where our gateway counts, or nobody does. */
  readonly #elsewhere: PrometheusCounts | null;
  #judged: JudgedRollout;
  #lastCounts = "";
  #lastStep: number | null = null;
  #word = "";
  #savedSeq: number;
  #savedAt = Number.NEGATIVE_INFINITY;

  private constructor(deps: WatchDeps, judged: JudgedRollout, judge: PooledJudge, readings: ReadingsState) {
    this.#deps = deps;
    this.#judged = judged;
    this.#judge = judge;
    this.#savedSeq = judge.seq;
    this.#reader = createReader(deps, judged, judge, readings);
    this.#elsewhere = countsElsewhere(judged, deps.slots);
  }

  /** Goes on from what is on disk, or begins. Null when the rollout is not to be judged. */
  static async begin(deps: WatchDeps, judged: JudgedRollout): Promise<RolloutWatch | null> {
    const { rollout } = judged;
    const stored = await findJudge(deps.db, rollout.id);
    const known = stored === null ? null : resume(stored.snapshot, rollout, deps.logger);
    if (known !== null) return new RolloutWatch(deps, judged, known, stored?.readings ?? {});
    if (stored !== null) await dropJudge(deps.db, rollout.id, stored.seq);
    const config = judgeConfigOf(rollout, {
      sticky: (judged.route?.stickiness.by ?? "none") !== "none",
      routed: judged.route !== null,
      counts: isDealtElsewhere(judged.target) ? "prometheus" : "gateway",
    });
    if (config === null) return null;
    const baseline = stableBefore(deps.route(rollout.deployment), rollout);
    const latency = baseline === null ? null : LogHistogram.fromSparse(baseline.latency);
    return new RolloutWatch(deps, judged, createJudge(config, latency), {});
  }

  get rowVersion(): number {
    return this.#judged.rowVersion;
  }

  /** The rollout as it is now. */
  refresh(judged: JudgedRollout): void {
    this.#judged = judged;
  }

  /**
   * Takes in what is new, keeps it, and says so when the judge's word has changed. What it says is on disk before anybody
   * hears of it. Throws `aborted` when another process has judged further.
   */
  async look(): Promise<void> {
    const now = this.#deps.now();
    const { rollout } = this.#judged;
    const batch = this.#batch(now);
    if (batch !== null) this.#judge.observe(batch);
    if (this.#judge.closed === null) {
      this.#reader.start(now);
      this.#elsewhere?.look(now, rollout, this.#deps.route(rollout.deployment));
    }
    // Edge case 31: one metric has decided; what the others would have said is not waited for.
    else this.abandon();
    if (this.#judge.seq === this.#savedSeq) return;
    const { word } = this.#judge;
    if (word === this.#word && now - this.#savedAt < SAVE_MS) return;
    await this.#save(this.#judge.report(), now);
    if (word === this.#word) return;
    this.#word = word;
    this.#deps.changed(this.#judged.rollout.deployment);
  }

  /** Ends readings under way, and keeps what is not on disk yet. */
  async end(): Promise<void> {
    this.abandon();
    if (this.#judge.seq > this.#savedSeq) await this.#save(this.#judge.report(), this.#deps.now());
  }

  /** Ends readings under way; somebody else goes on. */
  abandon(): void {
    this.#reader.abort();
    this.#elsewhere?.abort();
  }

  /** Null when there is nothing new. */
  #batch(at: Instant): JudgeBatch | null {
    const { rollout } = this.#judged;
    const route = this.#deps.route(rollout.deployment);
    const elsewhere = this.#elsewhere?.collect(rollout.id) ?? null;
    const gateways = elsewhere === null ? countsByGateway(route, rollout) : elsewhere.gateways;
    const read = this.#reader.collect();
    const found = findingsOn(rollout, elsewhere?.problem);
    const values = [...read.values, ...found.values];
    const problems = [...read.problems, ...found.problems];
    const seen = JSON.stringify(gateways);
    const first = this.#judge.seq === 0;
    if (
      !first &&
      seen === this.#lastCounts &&
      rollout.step === this.#lastStep &&
      values.length + problems.length === 0
    ) {
      return null;
    }
    this.#lastCounts = seen;
    this.#lastStep = rollout.step;
    return {
      seq: this.#judge.seq + 1,
      at,
      step: rollout.step,
      alone: standsAlone(rollout),
      gateways,
      before: stableBefore(route, rollout),
      values,
      problems,
    };
  }

  async #save(report: JudgeReport, now: Instant): Promise<void> {
    const { db } = this.#deps;
    const { id } = this.#judged.rollout;
    const snapshot = this.#judge.snapshot();
    const written = await saveJudge(db, id, { snapshot, readings: this.#reader.state(), report, at: new Date(now) });
    if (!written) throw new SluiceError("aborted", `another judge of rollout ${id} is ahead`);
    this.#savedSeq = snapshot.seq;
    this.#savedAt = now;
  }
}

function createReader(
  { db, root, slots }: WatchDeps,
  { rollout, deploymentName, versionIds }: JudgedRollout,
  { config }: PooledJudge,
  state: ReadingsState,
): MetricReader {
  const metrics = rollout.strategy.analysis.metrics.filter(
    (metric): metric is OutsideMetricOptions => "source" in metric,
  );
  const arm = (revision: number, version: string, versionId: string): ArmQuestion => ({
    labels: { revision: String(revision), version, deployment: deploymentName, environment: rollout.environment },
    deploymentId: rollout.deployment,
    revision,
    versionId,
  });
  const { fromRevision, fromVersion, toRevision, toVersion } = rollout;
  return new MetricReader({
    config,
    metrics,
    arms: {
      stable:
        fromRevision === null || versionIds.stable === null
          ? null
          : arm(fromRevision, fromVersion ?? "", versionIds.stable),
      candidate: arm(toRevision, toVersion, versionIds.candidate),
    },
    readers: metrics.map(({ source }) => sourceReader(source, { db, root })),
    slots,
    state,
  });
}

/** A state that cannot be read is lost evidence, and no reason to judge nothing: it begins again, and somebody hears of it. */
function resume(snapshot: unknown, rollout: Rollout, logger: Logger): PooledJudge | null {
  try {
    return resumeJudge(snapshot);
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === "data_loss")) throw error;
    logger.error({ err: error, rollout: rollout.id }, "a judge's state cannot be read; it begins anew");
    return null;
  }
}

/** All traffic is the candidate's, and it is being watched: what there is to compare with is what was before. */
const standsAlone = ({ phase, desired, toRevision }: Rollout): boolean =>
  phase === "monitoring" && desired.split !== null && weightOf(desired.split, toRevision) === FULL_WEIGHT;

/** Of every gateway by itself: each is a stratum (ANALYSIS §13). */
function countsByGateway(route: RouteObservation | null, rollout: Rollout): JudgeBatch["gateways"] {
  if (route === null) return [];
  return (route.members ?? [{ ...route, gateway: GATEWAY }]).flatMap(({ gateway, ...member }) => {
    const counts = countsOf(member, rollout);
    return counts === null ? [] : [{ gateway, counts }];
  });
}

/** What a gateway counted of both arms; on a first delivery, which no guard watches, of the candidate alone. */
function countsOf(
  route: Pick<RouteObservation, "counts" | "stats">,
  { id, fromRevision, toRevision }: Rollout,
): PeriodCounts | null {
  if (fromRevision !== null) return route.counts?.hypothesis === id ? route.counts : null;
  const stats = route.stats.find(({ revision }) => revision === toRevision);
  if (stats === undefined) return null;
  const { requests, errors, latency } = stats;
  // Latencies are counted when an answer begins, requests when it has ended.
  const begun = latency.reduce((sum, [, count]) => sum + count, 0);
  return {
    hypothesis: id,
    period: 0,
    weight: FULL_WEIGHT,
    mirrored: false,
    candidate: { requests: Math.max(requests, begun), errors, warming: 0, latency },
    stable: { requests: 0, errors: 0, warming: 0, latency: [] },
  };
}
