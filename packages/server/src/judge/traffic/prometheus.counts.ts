import {
  ArmCounts,
  type Instant,
  type JudgeBatch,
  type PeriodCounts,
  type Rollout,
  type RouteObservation,
  sameSplit,
  weightOf,
} from "@sluice/core";
import type { TrafficNames } from "@sluice/runtimes";
import { boundedRequest, originOf } from "../../metric/bounded.request.ts";
import type { ReadSlots } from "../read.slots.ts";
import { armCounts } from "./arm.counts.ts";
import { type ArmSeries, READINGS, type TrafficMetrics } from "./arm.series.ts";
import { type Arm, CounterLedger, NoCounter, type RawSeries } from "./counter.ledger.ts";
import { readMatrix } from "./prometheus.matrix.ts";

export interface PrometheusCountsOptions {
  address: string;
  metrics: TrafficMetrics;
  names: TrafficNames;
  slots: ReadSlots;
  /** Default: 5 s. */
  everyMs?: number;
}

export interface CountProblem {
  status: "no_data" | "invalid" | "provider_error";
  message: string;
}

/** What was found since the last call. */
export interface Counted {
  /** Of the present period; empty before there is one. */
  gateways: JudgeBatch["gateways"];
  /** Null when the last answer was fine; undefined when there was no new one. */
  problem: CountProblem | null | undefined;
}

/** As one of the gateways whose counts are pooled. */
const NAME = "prometheus";
const EVERY_MS = 5_000;
const TIMEOUT_SECONDS = 10;
/** A scrape is told of when it has ended, under the time at which it began. */
const LATE_MS = 30_000;
/** What a data plane takes to follow, after its control plane has said that it has: what is scraped before is of two weights. */
const SETTLE_MS = 2_000;
/** So long a time without one sample is a problem of somebody. */
const SILENT_MS = 120_000;
/** Prometheus keeps no longer of what we ask for. */
const MOST_MS = 3_600_000;

/** A time in which epoch and split stood still. */
interface Period {
  key: string;
  number: number;
  /** What there is to be read of each arm. */
  series: Record<Arm, ArmSeries | null>;
  since: Instant;
  weight: number;
  ledger: CounterLedger;
  totals: Record<Arm, ArmCounts>;
  /** Up to where was asked. */
  asked: Instant;
  sampledAt: Instant;
}

/**
 * Counts of a data plane that is not ours, from Prometheus: the growth of its counters between scrapes, whole numbers that no two
 * looks share. They go to the same judge as the counts of our gateways (ADR 10). A change of the split begins a new period, and what lies between
 * two periods is counted for neither.
 */
export class PrometheusCounts {
  readonly #options: PrometheusCountsOptions;
  #period: Period | null = null;
  #lastNumber = 0;
  #dueAt: Instant = 0;
  #reading: AbortController | null = null;
  #problem: CountProblem | null | undefined;
  #errors = 0;

  constructor(options: PrometheusCountsOptions) {
    this.#options = options;
  }

  /** Sees what is dealt now, and begins a reading when one is due. */
  look(now: Instant, rollout: Rollout, route: RouteObservation | null): void {
    this.#turn(now, rollout, route);
    const period = this.#period;
    if (period === null || this.#reading !== null || now < this.#dueAt) return;
    if (now <= period.since + SETTLE_MS || !this.#options.slots.take()) return;
    this.#dueAt = now + (this.#options.everyMs ?? EVERY_MS);
    const stop = new AbortController();
    this.#reading = stop;
    this.#read(period, now, stop.signal)
      .catch((error: unknown) => {
        // Aborted: nobody waits for it.
        if (stop.signal.aborted) return;
        this.#fail({ status: "provider_error", message: `the reading broke: ${String(error).slice(0, 200)}` });
      })
      .finally(() => {
        this.#options.slots.free();
        if (this.#reading === stop) this.#reading = null;
      });
  }

  collect(hypothesis: string): Counted {
    const problem = this.#problem;
    this.#problem = undefined;
    const period = this.#period;
    if (period === null) return { gateways: [], problem };
    const { number, weight, totals } = period;
    const counts: PeriodCounts = {
      ...{ hypothesis, period: number, weight, mirrored: false },
      stable: totals.stable.state(),
      candidate: totals.candidate.state(),
    };
    return { gateways: [{ gateway: NAME, counts }], problem };
  }

  abort(): void {
    this.#reading?.abort();
    this.#reading = null;
  }

  #turn(now: Instant, { fromRevision, toRevision, desired }: Rollout, route: RouteObservation | null): void {
    // Pinned callers were not dealt by lot, and no figure tells them from the others.
    const alone = desired.pins.length === 0 && desired.mirror === null;
    // What is wished and not in force yet has other names.
    const still = alone && route !== null && route.epoch > 0 && sameSplit(desired.split ?? [], route.split);
    const key = still ? JSON.stringify([route.epoch, route.split]) : null;
    if (key === (this.#period?.key ?? null)) return;
    this.abort();
    this.#period = null;
    if (key === null || route === null) return;
    this.#lastNumber = Math.max(this.#lastNumber + 1, now);
    const totals = { stable: new ArmCounts(), candidate: new ArmCounts() };
    const ledger = new CounterLedger(READINGS[this.#options.metrics]);
    const weight = weightOf(route.split, toRevision);
    const { names, metrics } = this.#options;
    const seriesOf = (revision: number | null): ArmSeries | null =>
      revision === null ? null : READINGS[metrics].series({ names, desired, revision });
    const series = { stable: seriesOf(fromRevision), candidate: seriesOf(toRevision) };
    const start = { since: now, asked: now + SETTLE_MS, sampledAt: now };
    this.#period = { key, number: this.#lastNumber, series, weight, ledger, totals, ...start };
  }

  async #read(period: Period, now: Instant, signal: AbortSignal): Promise<void> {
    const { address } = this.#options;
    const from = Math.max(period.since + SETTLE_MS, now - MOST_MS);
    const range = Math.min(MOST_MS, now - period.asked + LATE_MS);
    const found: RawSeries[] = [];
    for (const arm of ["candidate", "stable"] as const) {
      const series = period.series[arm];
      if (series === null) continue;
      for (const [what, selector] of [
        ["requests", series.requests],
        ["latency", series.latency],
      ] as const) {
        if (selector === null) continue;
        const answer = await this.#ask(selector, range, now, signal);
        const who = `Prometheus at ${originOf(address)}`;
        if ("silent" in answer) return this.#fail({ status: "provider_error", message: `${who} ${answer.silent}` });
        const raw = readMatrix(answer.status, answer.text, arm, what);
        if ("problem" in raw) return this.#fail({ status: "provider_error", message: `${who} ${raw.problem}` });
        found.push(...raw);
      }
    }
    // Another period has begun meanwhile: this one is over.
    if (signal.aborted) return;
    this.#count(period, found, from, now);
  }

  #ask(selector: string, rangeMs: number, now: Instant, signal: AbortSignal): ReturnType<typeof boundedRequest> {
    const query = `${selector}[${Math.ceil(rangeMs / 1_000)}s]`;
    const form = new URLSearchParams({ query, time: String(now / 1_000) });
    return boundedRequest({
      url: `${this.#options.address.replace(/\/+$/, "")}/api/v1/query?${form}`,
      headers: { accept: "application/json" },
      timeoutSeconds: TIMEOUT_SECONDS,
      signal,
    });
  }

  #count(period: Period, found: readonly RawSeries[], from: Instant, now: Instant): void {
    const { metrics } = this.#options;
    const { msPerUnit, timesByOutcome } = READINGS[metrics];
    try {
      const grown = period.ledger.take(found, from, now);
      for (const arm of ["stable", "candidate"] as const)
        period.totals[arm].add(armCounts(grown[arm], { arm, msPerUnit, timesByOutcome }));
    } catch (error) {
      if (!(error instanceof NoCounter)) throw error;
      this.#fail({ status: "invalid", message: `${error.message}; allowed: counters, which are whole numbers` });
      return;
    }
    period.asked = now;
    this.#errors = 0;
    if (found.some(({ samples }) => samples.some(([at]) => at >= from))) period.sampledAt = now;
    const silent = now - period.sampledAt > SILENT_MS;
    this.#problem = silent ? { status: "no_data", message: silence(metrics, this.#options.names) } : null;
  }

  #fail(problem: CountProblem): void {
    this.#errors += 1;
    this.#problem = problem;
    this.#dueAt += Math.min(60_000, (this.#options.everyMs ?? EVERY_MS) * 2 ** Math.min(this.#errors, 6));
  }
}

const silence = (metrics: TrafficMetrics, { namespace, route }: TrafficNames): string =>
  `Prometheus has no figures of ${metrics} for ${namespace}/${route} since ${SILENT_MS / 1_000} s; a scrape of the data plane would end this`;
