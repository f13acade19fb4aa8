import type { Instant } from "../time.ts";
import type { ExhaustionFact } from "./facts.ts";

/** Memory above the limit for this long is no peak: whatever enforces limits would have killed the instance by now. */
export const MEMORY_WINDOW_MS = 5_000;
/** A start, a compilation or a collection of garbage may take all of the processor for a while; half a minute is no start. */
export const CPU_WINDOW_MS = 30_000;
/** The share of its limit that an instance held at that limit is seen to use: measurements are a little off. */
export const CPU_SHARE = 0.98;
/** With fewer samples nothing is said, however far apart they are. */
export const LEAST_SAMPLES = 3;
/** Between samples further apart nobody knows what was used: the time before does not count. */
export const LARGEST_GAP_MS = 10_000;

const MIB = 1_048_576;

/** What one instance used at one moment. `cpuCores` is 1.5 for one and a half processors. */
export interface UsageSample {
  at: Instant;
  rssBytes: number;
  cpuCores: number;
}

/** A short history of one instance, in any order. */
export interface InstanceUsage {
  id: string;
  samples: readonly UsageSample[];
}

/** Of one instance: mebibytes and processors. Null: not limited. */
export interface ResourceLimits {
  memoryMb: number | null;
  cpuCores: number | null;
}

/**
 * Whether an instance of the revision uses more than it may, for too long: memory above its limit in every sample of the last
 * {@link MEMORY_WINDOW_MS}, or at least {@link CPU_SHARE} of its limit of processors in every sample of the last
 * {@link CPU_WINDOW_MS}. The first instance in the list decides, memory before processors. A sample that is no number, or a
 * gap longer than {@link LARGEST_GAP_MS}, proves nothing and begins the time anew. The histories are of instances that live;
 * those that are gone are to be left out.
 */
export function exhaustionOf(
  revision: number,
  instances: readonly InstanceUsage[],
  limits: ResourceLimits,
): ExhaustionFact | null {
  for (const { id, samples } of instances) {
    const ordered = samples.toSorted((left, right) => left.at - right.at);
    const message = memoryMessage(id, ordered, limits.memoryMb);
    if (message !== null) return { revision, resource: "memory", message };
    const cpu = cpuMessage(id, ordered, limits.cpuCores);
    if (cpu !== null) return { revision, resource: "cpu", message: cpu };
  }
  return null;
}

function memoryMessage(id: string, samples: readonly UsageSample[], limitMb: number | null): string | null {
  if (limitMb === null) return null;
  const run = lastRun(samples, ({ rssBytes }) => rssBytes > limitMb * MIB);
  if (!lasts(run, MEMORY_WINDOW_MS)) return null;
  const least = Math.min(...run.map(({ rssBytes }) => rssBytes)) / MIB;
  return (
    `memory: instance ${id} used at least ${round(least)} MiB in each of ${run.length} samples over ${lengthOf(run)} s, ` +
    `against a limit of ${round(limitMb)} MiB; one sample within the limit would have let it go on`
  );
}

function cpuMessage(id: string, samples: readonly UsageSample[], limit: number | null): string | null {
  if (limit === null) return null;
  const run = lastRun(samples, ({ cpuCores }) => cpuCores >= CPU_SHARE * limit);
  if (!lasts(run, CPU_WINDOW_MS)) return null;
  const least = Math.min(...run.map(({ cpuCores }) => cpuCores));
  return (
    `processor: instance ${id} used at least ${round(least)} cores in each of ${run.length} samples over ${lengthOf(run)} s, ` +
    `against a limit of ${round(limit)}; one sample below ${CPU_SHARE * 100} % of it would have let it go on`
  );
}

/** The samples at the end of the history that are all too high, without a gap. */
function lastRun(samples: readonly UsageSample[], tooHigh: (sample: UsageSample) => boolean): readonly UsageSample[] {
  let from = samples.length;
  for (let index = samples.length - 1; index >= 0; index -= 1) {
    const sample = samples[index];
    // NaN is not above anything.
    if (sample === undefined || !tooHigh(sample)) break;
    const next = samples[index + 1];
    if (next !== undefined && next.at - sample.at > LARGEST_GAP_MS) break;
    from = index;
  }
  return samples.slice(from);
}

const span = (run: readonly UsageSample[]): number => (run.at(-1)?.at ?? 0) - (run[0]?.at ?? 0);
const lasts = (run: readonly UsageSample[], window: number): boolean =>
  run.length >= LEAST_SAMPLES && span(run) >= window;
const lengthOf = (run: readonly UsageSample[]): number => Math.round(span(run) / 1_000);
const round = (value: number): number => Number(value.toPrecision(3));
