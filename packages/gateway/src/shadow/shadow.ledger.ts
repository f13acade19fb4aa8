import {
  type IgnoredPlaces,
  ignoredPlaces,
  LogHistogram,
  pathOf,
  type ShadowOptions,
  type ShadowReport,
} from "@sluice/core";
import { differenceAsJson, differenceInBytes, unpacked } from "./body.difference.ts";
import { type PairOwner, type PairSide, ShadowPair } from "./shadow.pair.ts";
import { TimeAllowance } from "./time.allowance.ts";

/** So many pairs of answers are held at once, with at most 256 KiB of each body: 32 MiB at the very most. */
export const PAIRS_HELD = 64;
/** A pair that has not become whole by then makes room for another (ms). */
const PAIR_MS = 60_000;
const EXAMPLES = 10;
const PATH_SHOWN = 200;

/**
 * What a shadow's answers were like beside the real ones, over one hypothesis. Works aside: an answer is on its way to
 * its caller before anything is compared, and comparing bodies takes at most a tenth of the process's time.
 */
export class ShadowLedger implements PairOwner {
  readonly options: ShadowOptions;
  readonly #ignored: IgnoredPlaces;
  readonly #held = new Set<ShadowPair>();
  readonly #allowance: TimeAllowance;
  readonly #stable = new LogHistogram();
  readonly #candidate = new LogHistogram();
  readonly #examples: ShadowReport["examples"] = [];
  #compared = 0;
  #skipped = 0;
  #statusMismatches = 0;
  #bodyMismatches = 0;
  #bodiesSkipped = 0;

  constructor(options: ShadowOptions) {
    this.options = options;
    this.#ignored = ignoredPlaces(options.ignore);
    this.#allowance = new TimeAllowance(performance.now());
  }

  /** A request that is to be copied, and its two answers to come; null when too many are waited for. */
  begin(method: string, target: string): ShadowPair | null {
    const now = performance.now();
    if (this.#held.size >= PAIRS_HELD) {
      const [oldest] = this.#held;
      if (oldest !== undefined && now - oldest.begunAt > PAIR_MS) oldest.drop();
    }
    if (this.#held.size >= PAIRS_HELD) {
      this.#skipped += 1;
      return null;
    }
    const keepsBodies = this.options.bodies !== "none";
    const pair = new ShadowPair(this, { method, path: pathOf(target).slice(0, PATH_SHOWN), keepsBodies, now });
    this.#held.add(pair);
    return pair;
  }

  drop(pair: ShadowPair): void {
    this.#held.delete(pair);
    this.#skipped += 1;
  }

  settle(pair: ShadowPair): void {
    const { stable, candidate } = pair;
    this.#compared += 1;
    this.#stable.record(stable.latencyMs);
    this.#candidate.record(candidate.latencyMs);
    if (Math.floor(stable.status / 100) !== Math.floor(candidate.status / 100)) {
      this.#statusMismatches += 1;
      this.#show(pair, `status ${stable.status} against ${candidate.status}`);
    } else if (stable.skipped || candidate.skipped) {
      this.#bodiesSkipped += 1;
    } else if (stable.chunks !== null && candidate.chunks !== null) {
      this.#compareBodies(pair, stable.chunks, candidate.chunks).finally(() => this.#held.delete(pair));
      return;
    }
    this.#held.delete(pair);
  }

  report(): ShadowReport & { hypothesis: string } {
    return {
      hypothesis: this.options.hypothesis,
      compared: this.#compared,
      skipped: this.#skipped,
      statusMismatches: this.#statusMismatches,
      bodyMismatches: this.options.bodies === "none" ? null : this.#bodyMismatches,
      bodiesSkipped: this.#bodiesSkipped,
      latencyMs: { stable: quantilesOf(this.#stable), candidate: quantilesOf(this.#candidate) },
      examples: [...this.#examples],
    };
  }

  /** Never rejects. */
  async #compareBodies(pair: ShadowPair, stable: Buffer[], candidate: Buffer[]): Promise<void> {
    // The answers leave in this turn of the event loop; what they were like can wait for the next.
    await new Promise(setImmediate);
    const [left, right] = await Promise.all([bodyOf(pair.stable, stable), bodyOf(pair.candidate, candidate)]);
    const startedAt = performance.now();
    if (left === null || right === null || !this.#allowance.has(startedAt)) {
      this.#bodiesSkipped += 1;
      return;
    }
    const difference =
      this.options.bodies === "json" ? differenceAsJson(left, right, this.#ignored) : differenceInBytes(left, right);
    this.#allowance.spend(performance.now() - startedAt);
    if (difference === null) return;
    this.#bodyMismatches += 1;
    this.#show(pair, difference);
  }

  #show({ method, path, stable, candidate }: ShadowPair, difference: string): void {
    if (this.#examples.length >= EXAMPLES) return;
    this.#examples.push({ method, path, stable: stable.status, candidate: candidate.status, difference });
  }
}

const bodyOf = ({ encoding }: PairSide, chunks: Buffer[]): Promise<Buffer | null> =>
  unpacked(Buffer.concat(chunks), encoding);

function quantilesOf(histogram: LogHistogram): ShadowReport["latencyMs"]["stable"] {
  const [p50, p95, p99] = [histogram.quantile(0.5), histogram.quantile(0.95), histogram.quantile(0.99)];
  return p50 === null || p95 === null || p99 === null ? null : { p50, p95, p99 };
}
