import {
  ArmCounts,
  type ArmState,
  createGuard,
  type Guard,
  type GuardConfig,
  type GuardReport,
  type GuardSnapshot,
  type Instant,
  LogHistogram,
  type PeriodCounts,
  resumeGuard,
  type Split,
  weightOf,
} from "@sluice/core";
import type { DesiredTraffic } from "../routing/route.store.ts";
import { armOf, newCounts, type RevisionCounts } from "./counts.ts";

/** What of a prompt's traffic stands still for a period. */
export interface Terms {
  split: Split;
  pins: DesiredTraffic["pins"];
}

type Arms<Of> = Record<"stable" | "candidate", Of>;

/** What has been judged so far, as [bin, count]: the rest is new, however long nobody looked. */
type Seen = Arms<[bin: number, count: number][]>;

/** Everything that the guard of a rollout goes on from, plain JSON. */
export interface GuardState {
  guard: GuardSnapshot;
  seen: Seen;
  /** The terms of the present period, its number, and what was counted in it. */
  terms: string;
  period: number;
  arms: Arms<ArmState>;
}

export type ArmsCounts = Arms<RevisionCounts>;

/**
 * The guard of one rollout of a prompt. It is fed with the differences of counts that are on disk, so that nothing reported is lost
 * or judged twice, whoever looks and however often a server dies. Looks are for the clock to make, never for a report.
 */
export class PromptGuard {
  readonly config: GuardConfig;
  readonly #guard: Guard;
  readonly #seen: Arms<RevisionCounts>;
  readonly #arms: Arms<ArmCounts>;
  #terms: string;
  #weight: number;
  #period: number;

  private constructor(config: GuardConfig, guard: Guard, terms: Terms, state: Omit<GuardState, "guard">) {
    this.config = config;
    this.#guard = guard;
    this.#seen = { stable: new Map(state.seen.stable), candidate: new Map(state.seen.candidate) };
    this.#arms = { stable: new ArmCounts(state.arms.stable), candidate: new ArmCounts(state.arms.candidate) };
    this.#terms = state.terms;
    this.#period = state.period;
    this.#weight = weightOf(terms.split, config.candidate);
  }

  /** What was reported before the rollout is what is known of stable, and no evidence. */
  static begin(config: GuardConfig, terms: Terms, counts: ArmsCounts, now: Instant): PromptGuard {
    const baseline = LogHistogram.fromSparse(armOf(counts.stable).latency);
    const seen = { stable: [...counts.stable], candidate: [...counts.candidate] };
    const arms = { stable: NOTHING, candidate: NOTHING };
    const state = { seen, terms: JSON.stringify(terms), period: now, arms };
    return new PromptGuard(config, createGuard(config, baseline), terms, state);
  }

  /** Goes on from what is on disk. Throws `data_loss` for what is no state of a guard. */
  static resume(config: GuardConfig, terms: Terms, state: GuardState, now: Instant): PromptGuard {
    const known = new PromptGuard(config, resumeGuard(state.guard, config), terms, state);
    known.#change(terms, now);
    return known;
  }

  /** Takes in what was reported since the last look, under the terms that stood until now. Answers whether anything is new. */
  look(counts: ArmsCounts, terms: Terms, now: Instant): boolean {
    const stable = armOf(newCounts(counts.stable, this.#seen.stable));
    const candidate = armOf(newCounts(counts.candidate, this.#seen.candidate));
    const reported = stable.requests + candidate.requests > 0;
    if (reported) {
      this.#seen.stable = counts.stable;
      this.#seen.candidate = counts.candidate;
      const arrivals = { stable: arrivalsOf(stable), candidate: arrivalsOf(candidate) };
      this.#arms.stable.add(arrivals.stable);
      this.#arms.candidate.add(arrivals.candidate);
      this.#guard.observe({ weight: this.#weight, ...arrivals }, now);
    }
    return this.#change(terms, now) || reported;
  }

  report(): GuardReport {
    return this.#guard.report();
  }

  /** Of the present period; null while that is nothing. */
  counts(): PeriodCounts | null {
    const { stable, candidate } = this.#arms;
    if (stable.requests + candidate.requests === 0) return null;
    return {
      hypothesis: this.config.hypothesis,
      period: this.#period,
      weight: this.#weight,
      mirrored: false,
      stable: stable.state(),
      candidate: candidate.state(),
    };
  }

  state(): GuardState {
    return {
      guard: this.#guard.snapshot(),
      seen: { stable: [...this.#seen.stable], candidate: [...this.#seen.candidate] },
      terms: this.#terms,
      period: this.#period,
      arms: { stable: this.#arms.stable.state(), candidate: this.#arms.candidate.state() },
    };
  }

  #change(terms: Terms, now: Instant): boolean {
    const written = JSON.stringify(terms);
    if (written === this.#terms) return false;
    this.#terms = written;
    this.#weight = weightOf(terms.split, this.config.candidate);
    this.#period = Math.max(this.#period + 1, now);
    this.#arms.stable.clear();
    this.#arms.candidate.clear();
    return true;
  }
}

const NOTHING: ArmState = { requests: 0, errors: 0, warming: 0, latency: [] };

const arrivalsOf = ({ latency, ...arm }: ArmState) => ({ ...arm, latency: LogHistogram.fromSparse(latency).counts });
