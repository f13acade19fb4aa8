import { setTimeout as delay } from "node:timers/promises";
import type { Instant, ResourceUsage } from "@sluice/core";
import type { RuntimeLogger } from "../supervision/policy.ts";
import type { UsageSampler } from "../supervision/usage.ts";
import type { ProcessIdentity } from "./process-table.ts";
import { readUsageTable } from "./usage.table.ts";
import { cpuMsBetween, familyOf, rssBytesOf, type UsageEntry } from "./usage.ts";

/** An instance that has a process. */
export interface Measured {
  id: string;
  process: ProcessIdentity;
}

interface SamplerOptions {
  /** Whom to measure now. */
  running(): Promise<Measured[]>;
  clock(): Instant;
  logger: RuntimeLogger;
}

/** Pause between two readings on a machine with some hundred processes. */
const PAUSE_MS = 1_000;
/** A reading costs by the number of processes: the pause is so many times as long, so that a crowded machine is not slowed. */
const PAUSE_FOR_COST = 20;
/** Readings further apart would say nothing of how long a limit was broken. */
const LONGEST_PAUSE_MS = 8_000;

interface Reading {
  pid: number;
  family: UsageEntry[];
  /** By a clock that nobody sets; milliseconds. */
  readAt: number;
  usage: ResourceUsage | null;
}

/** Measures what instances use, about once a second or less often on a crowded machine, with one reading of the machine for all of them. */
export function createUsageSampler({ running, clock, logger }: SamplerOptions): UsageSampler {
  const closed = new AbortController();
  let readings = new Map<string, Reading>();
  let complained = false;

  async function read(): Promise<void> {
    const instances = await running();
    if (instances.length === 0) {
      readings = new Map();
      return;
    }
    const table = await readUsageTable();
    const readAt = performance.now();
    const next = new Map<string, Reading>();
    for (const { id, process: leader } of instances) {
      const previous = readings.get(id);
      const last = previous?.pid === leader.pid ? previous : null;
      const family = familyOf(table, leader, last?.family ?? []);
      if (family.length === 0) continue;
      next.set(id, { pid: leader.pid, family, readAt, usage: last === null ? null : usage(last, family, readAt) });
    }
    readings = next;
  }

  function usage(last: Reading, family: UsageEntry[], readAt: number): ResourceUsage {
    const cpuCores = cpuMsBetween(last.family, family) / Math.max(1, readAt - last.readAt);
    return { rssBytes: rssBytesOf(family), cpuCores, at: clock() };
  }

  async function loop(): Promise<void> {
    while (!closed.signal.aborted) {
      const begun = performance.now();
      try {
        await read();
      } catch (error) {
        // No figure is better than an old one that looks new.
        readings = new Map();
        if (!complained) logger.warn({ err: error }, "what instances use cannot be measured on this machine");
        complained = true;
      }
      const cost = performance.now() - begun;
      const pause = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, cost * PAUSE_FOR_COST));
      await delay(pause, undefined, { signal: closed.signal }).catch(() => undefined);
    }
  }

  const looping = loop();
  return {
    of(id, pid) {
      const reading = readings.get(id);
      return reading !== undefined && reading.pid === pid ? reading.usage : null;
    },
    async close() {
      closed.abort();
      await looping;
    },
  };
}
