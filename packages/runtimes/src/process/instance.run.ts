import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { HealthCheck } from "@sluice/core";
import { describeExit, UNWATCHED } from "./exit-reason.ts";
import type { ProbeResult } from "./instance.ts";
import { MARK } from "./launch.ts";
import {
  groupMembers,
  isAlive,
  killQuietly,
  type ProcessIdentity,
  processesWithVariable,
  signalGroup,
} from "./process-table.ts";

/** Between probes until the first success, so that a fast program is ready fast. */
const FIRST_PROBES_MS = 75;

/** The watch over one process, ours or adopted. */
export interface Run {
  /** How the process ended; null while it lives. */
  ended(): string | null;
  /** Whether it ended by itself with status 0, as far as anybody saw. */
  endedWell(): boolean;
  /** Whether anything of its process group still lives. */
  hasMembers(): boolean;
  signal(signal: "SIGTERM" | "SIGKILL"): void;
  /** Kills what is left of it, including processes that left its group. */
  sweep(): void;
  stopProbing(): void;
  /** Where its error output began, so that a reason quotes no earlier run. */
  readonly errorsFrom: number;
}

interface RunOptions {
  id: string;
  identity: ProcessIdentity;
  /** One look at it; null where its own end is all there is to see. */
  probe: ((health: HealthCheck, signal: AbortSignal) => Promise<ProbeResult>) | null;
  /** Null: adopted, so its exit is polled for and its status never known. */
  child: ChildProcess | null;
  errorsFrom: number;
  /** Asked before every probe; null ends the probing. */
  check(): HealthCheck | null;
  /** Answers whether the instance has been ready since its start. */
  onProbe(result: ProbeResult): boolean;
  onEnd(): void;
}

export function watchRun(options: RunOptions): Run {
  const { id, identity, child, onEnd } = options;
  const probing = new AbortController();
  let exit: string | null = null;
  let well = false;
  child?.once("exit", (code, signal) => {
    exit = describeExit(code, signal);
    well = code === 0;
    onEnd();
  });
  // A failed kill reports here; without a listener it would end this process.
  child?.on("error", () => undefined);
  void probeUntil(probing.signal, options);

  return {
    errorsFrom: options.errorsFrom,
    ended: () => (child === null && exit === null && !isAlive(identity) ? UNWATCHED : exit),
    endedWell: () => well,
    hasMembers: () => groupMembers(identity).length > 0,
    signal: (signal) => signalGroup(identity, signal),
    sweep() {
      signalGroup(identity, "SIGKILL");
      sweepMarked(id);
    },
    stopProbing: () => probing.abort(),
  };
}

/** Kills every process that was started as part of the instance. */
export function sweepMarked(id: string): void {
  for (const stray of processesWithVariable(MARK, id)) killQuietly(stray);
}

async function probeUntil(signal: AbortSignal, { probe, check, onProbe }: RunOptions): Promise<void> {
  if (probe === null) return;
  while (!signal.aborted) {
    const health = check();
    if (health === null) return;
    const result = await probe(health, signal);
    if (signal.aborted) return;
    const pause = onProbe(result) ? health.intervalSeconds * 1_000 : FIRST_PROBES_MS;
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
}
