import { z } from "zod";
import { BlockJudge, marginDetection } from "../analysis/block-judge.ts";
import { FisherJudge } from "../analysis/fisher-judge.ts";
import { ArmCounts, type ArmPair, errorTable } from "../analysis/guard.arrivals.ts";
import {
  armPairSchema,
  armSchema,
  blockJudgeSchema,
  latencyJudgeSchema,
  mixtureSchema,
} from "../analysis/guard.snapshot.ts";
import type { ArmState } from "../analysis/guard.types.ts";
import { LatencyJudge } from "../analysis/latency-judge.ts";
import type { LogHistogram } from "../analysis/log-histogram.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { AloneJudge, aloneSchema } from "./alone.judge.ts";
import { Claims, claimsSchema } from "./claims.ts";
import type { JudgeBatch } from "./judge.batch.ts";
import type { JudgeConfig, TermsOf, TrafficTerms } from "./judge.terms.ts";
import { TrafficLimitJudge } from "./limit.judge.ts";
import { RatioWatch, ratioSchema } from "./ratio.ts";
import { type Arrived, addArm, Strata, strataSchema } from "./strata.ts";

/** Part of the wealth that goes back to the prior when the weight changes (ANALYSIS §1). */
const REMIX_AT_WEIGHT_CHANGE = 0.1;

/**
 * With fewer requests of stable in the last step, what it did in the whole rollout is the better baseline; with fewer in the whole
 * rollout, what it did before counts as well.
 */
const SETTLED_BASELINE = 1_000;

const partSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("errors"), fisher: mixtureSchema.nullable(), block: blockJudgeSchema.nullable() }),
  z.object({ kind: z.literal("latency"), latency: latencyJudgeSchema }),
  z.object({ kind: z.literal("error_limit"), limit: mixtureSchema }),
  z.object({ kind: z.literal("latency_limit"), limit: mixtureSchema }),
]);

export const trafficSchema = z.object({
  strata: strataSchema,
  parts: z.array(partSchema),
  claims: claimsSchema,
  ratio: ratioSchema,
  totals: armPairSchema,
  /** Stable's counts in the present step, and in the last one before in which it had any. */
  step: z.number().nullable(),
  stepStable: armSchema,
  lastStable: armSchema,
  weight: z.number().nullable(),
  alone: aloneSchema.nullable(),
  /** What stable did before the rollout; absent from older states. */
  before: armSchema.nullable().default(null),
  /** The candidate has stood alone, and nothing was known of stable; absent from older states. */
  blind: z.boolean().default(false),
  dropped: z.number(),
});
export type TrafficState = z.infer<typeof trafficSchema>;
type PartState = z.infer<typeof partSchema>;

/** One part of the evidence on what the gateways count. */
export type TrafficPart =
  | { kind: "errors"; terms: TermsOf<"errors">; judge: FisherJudge | BlockJudge }
  | { kind: "latency"; terms: TermsOf<"latency">; judge: LatencyJudge }
  | { kind: "limit"; terms: TermsOf<"error_limit" | "latency_limit">; judge: TrafficLimitJudge };

/**
 * Pools what all gateways count (ANALYSIS §13): errors and latencies as strata of one mixture each, absolute limits, claims of
 * non-inferiority, the sample ratio, and, when the candidate stands alone, the comparison with before. Memory does not grow with
 * traffic or time.
 */
export class TrafficJudge {
  readonly parts: readonly TrafficPart[];
  readonly claims: Claims;
  readonly ratio: RatioWatch;
  readonly totals: ArmPair;
  readonly #config: JudgeConfig;
  readonly #strata: Strata;
  readonly #lastStable: ArmCounts;
  readonly #stepStable: ArmCounts;
  #step: number | null;
  #weight: number | null;
  #alone: AloneJudge | null;
  #before: ArmState | null;
  #blind: boolean;
  #dropped: number;

  /** `baseline`: stable's latencies from before the rollout, if known. */
  constructor(config: JudgeConfig, baseline: LogHistogram | null, state?: TrafficState) {
    this.#config = config;
    this.parts = config.traffic.map((terms, index) => partOf(terms, baseline, state?.parts[index]));
    this.claims = new Claims(config, baseline, state?.claims);
    this.ratio = new RatioWatch(state?.ratio);
    this.totals = {
      candidate: new ArmCounts(state?.totals.candidate),
      stable: new ArmCounts(state?.totals.stable),
    };
    this.#strata = new Strata(state?.strata);
    this.#lastStable = new ArmCounts(state?.lastStable);
    this.#stepStable = new ArmCounts(state?.stepStable);
    this.#step = state?.step ?? null;
    this.#weight = state?.weight ?? null;
    this.#alone = state?.alone ? AloneJudge.resume(state.alone) : null;
    this.#before = state?.before ?? null;
    this.#blind = state?.blind ?? false;
    this.#dropped = state?.dropped ?? 0;
  }

  get alone(): AloneJudge | null {
    return this.#alone;
  }

  /** The candidate stands alone, and nothing is known of what stable did, before or beside it. */
  get blind(): boolean {
    return this.#blind;
  }

  /** The candidate's nominal weight in what was counted last; null before anything was. */
  get weight(): number | null {
    return this.#weight;
  }

  /** The rollout's step in what was counted last; null before anything was. */
  get step(): number | null {
    return this.#step;
  }

  /** Counts that could not be believed. */
  get dropped(): number {
    return this.#dropped;
  }

  take({ gateways, step, alone, before = null }: Pick<JudgeBatch, "gateways" | "step" | "alone" | "before">): void {
    this.#turnStep(step);
    this.#learnBefore(before);
    const { arrived, batches, dropped } = this.#strata.take(gateways, this.#config.hypothesis);
    this.#dropped += dropped;
    for (const batch of batches) this.#judge(batch);
    for (const arrival of arrived) this.#count(arrival, alone);
  }

  state(): TrafficState {
    return {
      strata: this.#strata.state(),
      parts: this.parts.map(stateOf),
      claims: this.claims.state(),
      ratio: this.ratio.state(),
      totals: { candidate: this.totals.candidate.state(), stable: this.totals.stable.state() },
      step: this.#step,
      stepStable: this.#stepStable.state(),
      lastStable: this.#lastStable.state(),
      weight: this.#weight,
      alone: this.#alone?.state() ?? null,
      before: this.#before,
      blind: this.#blind,
      dropped: this.#dropped,
    };
  }

  /** Only before anything was counted: later the same requests may be in the totals already. */
  #learnBefore(before: ArmState | null): void {
    const { candidate, stable } = this.totals;
    if (this.#before !== null || before === null || candidate.requests + stable.requests > 0) return;
    if (before.requests > 0) this.#before = before;
  }

  #turnStep(step: number): void {
    if (step === this.#step) return;
    if (this.#step !== null) this.claims.restart();
    if (this.#stepStable.requests > 0) {
      this.#lastStable.clear();
      addArm(this.#lastStable, this.#stepStable);
      this.#stepStable.clear();
    }
    this.#step = step;
  }

  #judge(batch: ArmPair): void {
    for (const part of this.parts) {
      if (part.kind === "errors") part.judge.update(errorTable(batch));
      else if (part.kind === "latency") part.judge.update(batch);
    }
    this.claims.update(batch);
  }

  #count(arrival: Arrived, alone: boolean): void {
    const { arms, weight } = arrival;
    if (this.#weight !== null && weight !== this.#weight) {
      for (const { judge } of this.parts) judge.remix(REMIX_AT_WEIGHT_CHANGE);
    }
    this.#weight = weight;
    addArm(this.totals.candidate, arms.candidate);
    addArm(this.totals.stable, arms.stable);
    addArm(this.#stepStable, arms.stable);
    if (!this.#config.sticky) this.ratio.take(arrival);
    for (const part of this.parts) if (part.kind === "limit") part.judge.update(arms.candidate);
    if (!alone || weight < FULL_WEIGHT) return;
    if (this.#alone === null) {
      const baseline = this.#baseline();
      this.#alone = AloneJudge.freeze(this.#config.traffic, baseline, this.#config.budget);
      this.#blind = baseline.requests === 0 && this.parts.some(({ kind }) => kind !== "limit");
    }
    this.#alone?.update(arms.candidate);
  }

  /**
   * What stable did last: in the last step in which it had enough traffic, else in the whole rollout, and before it where that is
   * too little, as when all traffic moved at once.
   */
  #baseline(): ArmCounts {
    const settled = [this.#stepStable, this.#lastStable].find(({ requests }) => requests >= SETTLED_BASELINE);
    if (settled !== undefined) return settled;
    const { stable } = this.totals;
    if (this.#before === null || stable.requests >= SETTLED_BASELINE) return stable;
    const all = new ArmCounts(this.#before);
    addArm(all, stable);
    return all;
  }
}

function partOf(terms: TrafficTerms, baseline: LogHistogram | null, state?: PartState): TrafficPart {
  switch (terms.kind) {
    case "errors":
      return { kind: "errors", terms, judge: errorJudge(terms, state?.kind === "errors" ? state : undefined) };
    case "latency": {
      const { tolerance: relative, toleranceMs: absoluteMs, quantile } = terms;
      const watch = { relative, absoluteMs, quantile: quantile ?? undefined };
      const known = state?.kind === "latency" ? state.latency : undefined;
      return { kind: "latency", terms, judge: new LatencyJudge(watch, baseline, known) };
    }
    case "error_limit":
    case "latency_limit": {
      const known = state !== undefined && "limit" in state ? state.limit : undefined;
      return { kind: "limit", terms, judge: new TrafficLimitJudge(terms, known) };
    }
  }
}

/** Worse at all, or worse by more than is tolerated. */
const errorJudge = (
  { margin }: TermsOf<"errors">,
  state?: Extract<PartState, { kind: "errors" }>,
): FisherJudge | BlockJudge =>
  margin === null
    ? new FisherJudge(state?.fisher ?? undefined)
    : new BlockJudge(marginDetection(margin), state?.block ?? undefined);

function stateOf(part: TrafficPart): PartState {
  if (part.kind === "latency") return { kind: "latency", latency: part.judge.state() };
  if (part.kind === "limit") return { kind: part.terms.kind, limit: part.judge.state() };
  return part.judge instanceof FisherJudge
    ? { kind: "errors", fisher: part.judge.state(), block: null }
    : { kind: "errors", fisher: null, block: part.judge.state() };
}

/** ln of the e-value of one part. */
export const evidenceOf = (part: TrafficPart): number =>
  part.kind === "errors" ? part.judge.logWealth : part.judge.logEvidence;
