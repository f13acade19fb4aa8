import type { HealthCheck, Workload } from "@sluice/core";
import type { Output } from "./deployment.logs.ts";
import type { Body, Instance, ProbeResult } from "./instance.ts";

/** What is told of a run while it goes on. */
export interface Watcher {
  /** Asked before every probe; null ends the probing. */
  check(): HealthCheck | null;
  /** Answers whether the instance has been ready since its start. */
  onProbe(result: ProbeResult): boolean;
  onEnd(): void;
}

/** The watch over what runs of one instance, launched by us or adopted. */
export interface Run {
  /** How it ended; null while it lives. */
  ended(): string | null;
  /** Whether it ended by itself with status 0, as far as anybody saw. */
  endedWell(): boolean;
  /** Whether anything that it started outlives it. */
  hasMembers(): boolean;
  /** Asks it to end. */
  terminate(): Promise<void>;
  /** Ends it, and everything that belongs to it. */
  kill(): Promise<void>;
  /** After its end: takes away what is left of it, once its last words are in its log. */
  clear(): Promise<void>;
  stopProbing(): void;
}

/** Why something could not be launched. */
export interface Obstacle {
  ok: false;
  /**
   * `passing`: counts like an exit; `lasting`: it will fail in the same way until somebody changes something;
   * `outside`: of the surroundings, so that the program is not judged by it, only waited for.
   */
  fault: "passing" | "lasting" | "outside";
  reason: string;
}

export type Launch = { ok: true; body: Body; host: string; port: number | null; run: Run } | Obstacle;

export interface LaunchOrder {
  instance: Instance;
  workload: Workload;
  /** The instance's own: log files, and working folder when the workload names none. */
  folder: string;
  /** For programs that cannot be given the files themselves. */
  output: Output;
  watcher: Watcher;
}

/** How instances are carried out: as processes of this machine, or as containers of a daemon. */
export interface Driver {
  /** What stands in the way of a launch; null: nothing. What takes long goes on beside it, and is asked for again. */
  prepare(order: LaunchOrder): Promise<Obstacle | null>;
  /** Starts the program. Output goes to `stdout.log` and `stderr.log` in the folder, or through `output`. */
  launch(order: LaunchOrder): Promise<Launch>;
  /** Watches over what was launched by an earlier supervisor; null when it is gone and nobody knows how it ended. */
  adopt(order: LaunchOrder & { body: Body }): Promise<Run | null>;
  /** Ends whatever was started as part of the instance, known to its record or not. */
  sweep(id: string, body: Body | null): Promise<void>;
}
