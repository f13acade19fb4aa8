import type { Weight } from "../traffic/split.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import type { OutcomeTable } from "./fisher.ts";
import type { ArmState } from "./guard.types.ts";
import { LATENCY_BINS } from "./log-bins.ts";
import { LogHistogram } from "./log-histogram.ts";

/** What one arm did in one tick: first attempts only, requests that were pinned to a revision left out. */
export interface ArmArrivals {
  requests: number;
  /** 5xx, resets and timeouts; 4xx are the caller's fault and no errors. At most `requests`. */
  errors: number;
  /**
   * Latencies of the requests that were no errors, per bin of `LATENCY_BINS`: `counts` of a `LogHistogram`. A request
   * that is missing here counts as slower than every edge, so a revision that fails fast does not look fast.
   */
  latency: ArrayLike<number>;
  /**
   * Requests that were no errors and are not in `latency` on purpose: the first ones of an instance that is still warming
   * up, left out by count and not by what they took (ANALYSIS §2.8).
   */
  warming?: number;
  /**
   * Requests of times in which a revision with a share could not be reached, so that its share fell to others: the weights
   * did not deal them, and the sample ratio does not ask about them (ANALYSIS §2.6). They count like all others otherwise.
   */
  undealt?: number;
}

/** What the gateway saw in one tick, whatever its length, and the weight the candidate nominally had in it. */
export interface GuardArrivals {
  weight: Weight;
  candidate: ArmArrivals;
  stable: ArmArrivals;
}

/** One arm's counts, summed over ticks. */
export class ArmCounts {
  requests = 0;
  errors = 0;
  warming = 0;
  undealt = 0;
  readonly latency: LogHistogram;

  constructor(state?: ArmState) {
    this.latency = LogHistogram.fromSparse(state?.latency ?? []);
    this.requests = state?.requests ?? 0;
    this.errors = state?.errors ?? 0;
    this.warming = state?.warming ?? 0;
    this.undealt = state?.undealt ?? 0;
  }

  add(arrivals: ArmArrivals): void {
    this.requests += arrivals.requests;
    this.errors += arrivals.errors;
    this.warming += arrivals.warming ?? 0;
    this.undealt += arrivals.undealt ?? 0;
    this.latency.add(arrivals.latency);
  }

  clear(): void {
    this.requests = 0;
    this.errors = 0;
    this.warming = 0;
    this.undealt = 0;
    this.latency.clear();
  }

  /** Requests that count for latency, failures included. */
  get timed(): number {
    return this.requests - this.warming;
  }

  /** Requests that got no proper answer. */
  get failures(): number {
    return this.timed - this.latency.total;
  }

  /** Requests that took longer than the edge of `bin`, failures included. */
  slowerThan(bin: number): number {
    return this.timed - this.latency.countUpTo(bin);
  }

  state(): ArmState {
    const { requests, errors, warming, undealt } = this;
    return { requests, errors, warming, ...(undealt > 0 && { undealt }), latency: this.latency.toSparse() };
  }
}

/** Both arms' counts: of the batch that is being gathered, or of the whole time. */
export interface ArmPair {
  candidate: ArmCounts;
  stable: ArmCounts;
}

/** Whether a tick's counts can be believed; one that cannot must be dropped, never multiplied in (ANALYSIS §9). */
export function makesSense(arrivals: GuardArrivals): boolean {
  const { weight } = arrivals;
  return weight >= 0 && weight <= FULL_WEIGHT && armMakesSense(arrivals.candidate) && armMakesSense(arrivals.stable);
}

function armMakesSense({ requests, errors, latency, warming = 0, undealt = 0 }: ArmArrivals): boolean {
  if (!isCount(requests) || !isCount(errors) || errors > requests || latency.length > LATENCY_BINS.count) return false;
  if (!isCount(warming) || !isCount(undealt) || undealt > requests) return false;
  let answered = warming;
  for (let bin = 0; bin < latency.length; bin += 1) {
    const count = latency[bin];
    if (!isCount(count)) return false;
    answered += count;
  }
  return answered <= requests;
}

const isCount = (value: number | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Requests and errors of both arms, as the judges of errors take them. */
export const errorTable = ({ candidate, stable }: ArmPair): OutcomeTable => ({
  candidateErrors: candidate.errors,
  candidateRequests: candidate.requests,
  stableErrors: stable.errors,
  stableRequests: stable.requests,
});

/** The same of requests beyond an edge of latency, each arm at its own. */
export const slownessTable = (
  { candidate, stable }: ArmPair,
  bins: { stableBin: number; candidateBin: number },
): OutcomeTable => ({
  candidateErrors: candidate.slowerThan(bins.candidateBin),
  candidateRequests: candidate.timed,
  stableErrors: stable.slowerThan(bins.stableBin),
  stableRequests: stable.timed,
});
