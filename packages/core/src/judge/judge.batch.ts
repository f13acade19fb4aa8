import type { ArmState, PeriodCounts } from "../analysis/guard.types.ts";
import type { Instant } from "../time.ts";

/** New figures of one outside metric; empty lists say that its source answers and has nothing new. */
export interface OutsideValues {
  metric: string;
  stable: readonly number[];
  candidate: readonly number[];
}

/** An outside metric that could not be read this time. */
export interface OutsideProblem {
  metric: string;
  /** Neither success nor failure (edge cases 24 to 26). */
  status: "no_data" | "invalid" | "provider_error";
  /** One sentence. */
  message: string;
}

/** What came in since the judge looked last. */
export interface JudgeBatch {
  /** Grows with every batch; one that is not above the last is a replay and changes nothing. */
  seq: number;
  at: Instant;
  /** The rollout's step; with another one the claims of non-inferiority begin afresh (ANALYSIS §6.2). */
  step: number;
  /** Whether the candidate is monitored with all of the traffic: there is nothing beside it to compare with. */
  alone: boolean;
  /** What the guard of each gateway counted in its present period: cumulative; the judge takes the differences itself. */
  gateways: readonly { gateway: string; counts: PeriodCounts }[];
  /** What stable did before the first of these counts; taken from the first batch that knows it, before any counts came. */
  before?: ArmState | null;
  values: readonly OutsideValues[];
  problems: readonly OutsideProblem[];
}
