import type { Dialect, Labels } from "./arm.series.ts";

export type Arm = "stable" | "candidate";

/** A series of raw samples, as they were scraped. */
export interface RawSeries {
  arm: Arm;
  what: "requests" | "latency";
  labels: Labels;
  /** Milliseconds since the epoch, ascending, and the counter then. */
  samples: readonly (readonly [at: number, value: number])[];
}

/** What came to an arm between two looks. */
export interface Increments {
  requests: number;
  failed: number;
  /** Answers by the upper edge of their bucket, in the unit of the data plane; not cumulative, and of every bucket there is. */
  latency: Map<number, number>;
}

/** Counters that are no counters: nothing is made of them. */
export class NoCounter extends Error {}

/** A sum of parts is compared with a hair's breadth: whole numbers are exact far beyond any count. */
const WHOLE = 1e-6;

/**
 * Makes counts of counters, exactly: what each grew by from one scrape to the next, in one time in which nothing was changed. Windows end
 * where a scrape is, so none is incomplete (edge case 27), and no growth is counted twice or spread over time.
 *
 * - The first scrape of a target is where counting begins: what came before is of another time.
 * - A counter that appears on a target that was scraped before has counted from zero: as errors do, that were none so far.
 * - A counter that fell has begun again at zero; what it had counted after the last scrape is lost, on both arms alike.
 */
export class CounterLedger {
  readonly #dialect: Dialect;
  /** First scrape of each target. */
  readonly #targets = new Map<string, number>();
  readonly #seen = new Map<string, { at: number; value: number }>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Counts what is new from `from` on, all of it scraped at most at `until`. Throws `NoCounter`, and then has counted nothing. */
  take(series: readonly RawSeries[], from: number, until: number): Record<Arm, Increments> {
    const within = series.map(({ samples, ...rest }) => ({
      ...rest,
      samples: samples.filter(([at, value]) => at >= from && at <= until && !Number.isNaN(value)),
    }));
    for (const { samples, labels } of within) {
      for (const [, value] of samples) if (!isCount(value)) throw new NoCounter(`${nameOf(labels)} is ${value}`);
    }
    this.#meetTargets(within);
    const increments = { stable: nothing(), candidate: nothing() };
    const buckets = { stable: new Map<number, number>(), candidate: new Map<number, number>() };
    for (const { arm, what, labels, samples } of within) {
      const grown = this.#grow(`${arm} ${what} ${keyOf(labels)}`, labels, samples);
      const outcome = this.#dialect.outcome(labels);
      if (what === "latency") {
        if (this.#dialect.timesByOutcome && outcome !== "fine") continue;
        const edge = edgeOf(labels);
        if (edge !== null) buckets[arm].set(edge, (buckets[arm].get(edge) ?? 0) + grown);
      } else if (outcome !== "ignored") {
        increments[arm].requests += grown;
        if (outcome === "failed") increments[arm].failed += grown;
      }
    }
    for (const arm of ["stable", "candidate"] as const) increments[arm].latency = apart(buckets[arm]);
    return increments;
  }

  #meetTargets(series: readonly Omit<RawSeries, "arm">[]): void {
    const firsts = new Map<string, number>();
    for (const { labels, samples } of series) {
      const [first] = samples[0] ?? [];
      if (first !== undefined) firsts.set(targetOf(labels), Math.min(first, firsts.get(targetOf(labels)) ?? first));
    }
    for (const [target, first] of firsts) if (!this.#targets.has(target)) this.#targets.set(target, first);
  }

  #grow(key: string, labels: Labels, samples: RawSeries["samples"]): number {
    let grown = 0;
    for (const [at, value] of samples) {
      const before = this.#seen.get(key);
      if (before !== undefined && at <= before.at) continue;
      const begins = before === undefined && at === this.#targets.get(targetOf(labels));
      if (!begins) grown += before === undefined || value < before.value ? value : value - before.value;
      this.#seen.set(key, { at, value });
    }
    return grown;
  }
}

const nothing = (): Increments => ({ requests: 0, failed: 0, latency: new Map() });
const isCount = (value: number): boolean => value >= 0 && Math.abs(value - Math.round(value)) < WHOLE;

/** What was scraped at once. */
const targetOf = ({ job = "", instance = "" }: Labels): string => `${job}\n${instance}`;
const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
const nameOf = ({ __name__: name = "a counter" }: Labels): string => name;

function edgeOf({ le }: Labels): number | null {
  if (le === "+Inf") return Number.POSITIVE_INFINITY;
  const edge = Number(le);
  return le === undefined || Number.isNaN(edge) ? null : edge;
}

/** From "at most" to "between": what is up to one edge and not up to the one before. */
function apart(cumulative: ReadonlyMap<number, number>): Map<number, number> {
  const between = new Map<number, number>();
  let before = 0;
  for (const [edge, count] of [...cumulative].sort(([left], [right]) => left - right)) {
    between.set(edge, Math.max(0, count - before));
    before = Math.max(before, count);
  }
  return between;
}
