import type { Instant } from "../time.ts";

export const COMPARISONS = ["gte", "lte", "eq", "gt", "lt"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** What one condition of a gate saw. */
export interface GateConditionResult {
  /** The condition's name, or its type and metric where it has none. */
  name: string;
  type: "eval_score" | "latency" | "cost" | "custom";
  /** A failed condition that is not required is reported and decides nothing. */
  required: boolean;
  /** `waiting`: no figure yet, for example no evaluation of this version on the dataset. */
  status: "passed" | "failed" | "waiting";
  /** The observed value; null while there is none. */
  observed: number | string | boolean | null;
  /** Null for an external decision, which has no threshold. */
  operator: Comparison | null;
  threshold: number | string | null;
  /** Where the figure came from: the evaluation's id, the number of samples, the answer's beginning. */
  evidence: string;
  /** One sentence: what was seen, against what, with how many samples, and what would have changed it. */
  message: string;
}

/** What a gate saw. `waiting` means that there is nothing to judge yet. */
export interface GateResult {
  gate: string;
  required: boolean;
  status: "passed" | "failed" | "waiting";
  conditions: GateConditionResult[];
  message: string;
  /** Until when a waiting gate is waited for; then it has failed. Null when it does not wait. */
  waitsUntil: Instant | null;
  at: Instant;
}
