import {
  createGuard,
  FULL_WEIGHT,
  type Guard,
  type GuardConfig,
  type GuardReport,
  type GuardSnapshot,
  type LogHistogram,
  type PeriodCounts,
  type RouteConfig,
  resumeGuard,
  type Split,
  weightOf,
} from "@sluice/core";
import { GuardPeriod } from "./guard.window.ts";

/** Weights, rules and mirror of a time in which they stood still. */
type Terms = Pick<RouteConfig, "pins" | "mirror"> & { split: Split };

/**
 * The guard of one route and hypothesis, fed from the windows of the current period. Ticks by the clock alone, never
 * because of an outcome: batches that end where an error came would no longer be evidence (ANALYSIS §2.1).
 */
export class GuardRunner {
  readonly config: GuardConfig;
  readonly #guard: Guard;
  #period = new GuardPeriod();
  #terms: string;
  #mirrored: boolean;
  #weight: number;

  constructor(
    config: GuardConfig,
    terms: Terms,
    baseline: LogHistogram | null,
    snapshot: GuardSnapshot | null,
    now: number,
  ) {
    this.config = config;
    this.#guard = snapshot === null ? createGuard(config, baseline) : resumeGuard(snapshot, config, baseline);
    this.#guard.beginPeriod(now);
    this.#terms = JSON.stringify(terms);
    this.#weight = comparedWeight(config, terms);
    this.#mirrored = isMirrored(config, terms);
  }

  get period(): GuardPeriod {
    return this.#period;
  }

  /** Whether the candidate is to have no traffic. */
  get closes(): boolean {
    return this.#guard.verdict === "close";
  }

  /** Begins a new period if the terms are others; what is under way then counts for nothing. */
  change(terms: Terms, now: number): void {
    const written = JSON.stringify(terms);
    if (written === this.#terms) return;
    this.tick(now);
    this.#terms = written;
    this.#weight = comparedWeight(this.config, terms);
    this.#mirrored = isMirrored(this.config, terms);
    this.#period = new GuardPeriod();
    this.#guard.beginPeriod(now);
  }

  /** Gives the guard what came since the last tick. Answers whether it closes now and did not before. */
  tick(now: number): boolean {
    if (this.#period.empty) return false;
    const before = this.closes;
    const arrivalsOf = this.#period.settled ? arrivals : untimed;
    this.#guard.observe(
      {
        weight: this.#weight,
        stable: arrivalsOf(this.#period.stable),
        candidate: arrivalsOf(this.#period.candidate),
      },
      now,
    );
    this.#period.clear();
    return this.closes && !before;
  }

  report(): GuardReport {
    return this.#guard.report();
  }

  /** Of the present period, up to the last tick; null while that is nothing. */
  counts(): PeriodCounts | null {
    const counts = this.#guard.counts();
    return counts && { ...counts, mirrored: this.#mirrored };
  }

  snapshot(): GuardSnapshot {
    return this.#guard.snapshot();
  }
}

/** Of a tick in which the latencies of the arms cannot be compared: they are left out of both alike. */
const untimed = ({ requests, errors, undealt }: GuardPeriod["stable"]) => ({
  ...{ requests, errors, undealt },
  warming: requests - errors,
  latency: [],
});

const arrivals = ({ requests, errors, warming, undealt, latency }: GuardPeriod["stable"]) => ({
  requests,
  errors,
  warming,
  undealt,
  latency: latency.counts,
});

/** Whether the candidate gets copies of requests and none of its own. */
const isMirrored = ({ candidate }: GuardConfig, { split, mirror }: Terms): boolean =>
  weightOf(split, candidate) === 0 && mirror?.revision === candidate;

/**
 * The candidate's nominal share of what the guard sees. A candidate that only gets mirrored copies answers m of every
 * 1 + m requests that are counted.
 */
function comparedWeight(config: GuardConfig, terms: Terms): number {
  const { mirror } = terms;
  if (mirror === null || !isMirrored(config, terms)) return weightOf(terms.split, config.candidate);
  return Math.round((FULL_WEIGHT * mirror.weight) / (FULL_WEIGHT + mirror.weight));
}
