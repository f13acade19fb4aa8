import { setTimeout as delay } from "node:timers/promises";
import type { Instant, ResourceUsage } from "@sluice/core";
import { z } from "zod";
import type { Body } from "../supervision/instance.ts";
import type { RuntimeLogger } from "../supervision/policy.ts";
import type { UsageSampler } from "../supervision/usage.ts";
import type { Daemon } from "./daemon.ts";

const EVERY_MS = 2_000;
const TIMEOUT_MS = 10_000;
/** Containers asked about at once: the daemon has other work. */
const AT_ONCE = 4;

/** What is read of a daemon's statistics; the rest differs between daemons and versions of the kernel. */
export const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number(),
    stats: z.object({ inactive_file: z.number().optional(), total_inactive_file: z.number().optional() }).optional(),
  }),
});

interface Reading {
  pid: number;
  cpuNs: number;
  /** By a clock that nobody sets; milliseconds. */
  readAt: number;
  usage: ResourceUsage | null;
}

/** A reading, and with the one before it what was used between them. */
export function readingOf(
  stats: z.infer<typeof statsSchema>,
  last: Reading | null,
  { pid, readAt, at }: { pid: number; readAt: number; at: Instant },
): Reading {
  const cpuNs = stats.cpu_stats.cpu_usage.total_usage;
  const { usage: bytes, stats: parts } = stats.memory_stats;
  // Files that were read and could be forgotten at once are nobody's need.
  const rssBytes = Math.max(0, bytes - (parts?.inactive_file ?? parts?.total_inactive_file ?? 0));
  if (last === null || last.pid !== pid) return { pid, cpuNs, readAt, usage: null };
  const cpuCores = Math.max(0, cpuNs - last.cpuNs) / 1e6 / Math.max(1, readAt - last.readAt);
  return { pid, cpuNs, readAt, usage: { rssBytes, cpuCores, at } };
}

interface SamplerOptions {
  daemon: Daemon;
  running(): Promise<{ id: string; process: Body }[]>;
  clock(): Instant;
  logger: RuntimeLogger;
}

/** Measures what containers use, about every two seconds. */
export function createContainerSampler({ daemon, running, clock, logger }: SamplerOptions): UsageSampler {
  const closed = new AbortController();
  let readings = new Map<string, Reading>();
  let complained = false;

  async function readOne(id: string, container: string, pid: number): Promise<[string, Reading] | null> {
    const stats = await daemon.call(
      `measuring container ${container}`,
      (docker, options) => docker.getContainer(container).stats({ stream: false, "one-shot": true, ...options }),
      TIMEOUT_MS,
    );
    const parsed = statsSchema.safeParse(stats);
    if (!parsed.success) return null; // It has just ended.
    return [id, readingOf(parsed.data, readings.get(id) ?? null, { pid, readAt: performance.now(), at: clock() })];
  }

  async function readAll(): Promise<void> {
    const next = new Map<string, Reading>();
    const left = (await running()).flatMap(({ id, process }) =>
      "container" in process ? [{ id, container: process.container, pid: process.pid }] : [],
    );
    const worker = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        if (closed.signal.aborted) return;
        const { id, container, pid } = one;
        const entry = await readOne(id, container, pid).catch(complain);
        if (entry !== null) next.set(...entry);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    readings = next;
  }

  function complain(error: unknown): null {
    if (!complained) logger.warn({ err: error }, "what containers use cannot be measured");
    complained = true;
    return null;
  }

  async function loop(): Promise<void> {
    while (!closed.signal.aborted) {
      await readAll();
      await delay(EVERY_MS, undefined, { signal: closed.signal }).catch(() => undefined);
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
