import type { Instant } from "../time.ts";

/** What a gate saw. `waiting` means that there is nothing to judge yet. */
export interface GateResult {
  gate: string;
  required: boolean;
  status: "passed" | "failed" | "waiting";
  conditions: {
    name: string;
    observed: number | string | null;
    operator: string;
    threshold: number | string;
    passed: boolean;
  }[];
  message: string;
  at: Instant;
}
