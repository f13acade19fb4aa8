import type { Instant } from "../time.ts";
import type { StopCause, WorkflowRun } from "./run.ts";

/** What is known of an attempt. `lost`: it began, and nobody can tell how it ended. */
export interface AttemptFact {
  attempt: number;
  status: "running" | "succeeded" | "failed" | "lost";
  reason: string | null;
  outputs: Record<string, string>;
  /** Another attempt would come to the same end: bad input, nothing to be found. */
  hopeless?: boolean;
}

export type Condition = { value: boolean } | { problem: string };

/** By a task's key. */
export interface RunFacts {
  conditions: ReadonlyMap<string, Condition>;
  attempts: ReadonlyMap<string, AttemptFact>;
  /** Commands that may begin now. */
  places: number;
}

/** What has to be done for the run to go on. Asked for again and again until it shows in the facts. */
export type RunEffect =
  | { type: "evaluate"; task: string }
  | { type: "begin"; task: string; attempt: number }
  | { type: "stop"; task: string; attempt: number; cause: StopCause };

export interface RunEvent {
  type: string;
  message: string;
  alert: boolean;
  stage: string | null;
  task: string | null;
}

export interface AdvancedRun {
  run: WorkflowRun;
  effects: RunEffect[];
  events: RunEvent[];
  wakeAt: Instant | null;
}
