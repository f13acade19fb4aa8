import { LogHistogram } from "../analysis/log-histogram.ts";
import type { InstanceStatus } from "../runtime/runtime.ts";
import type { Instant } from "../time.ts";
import type { RevisionStats } from "../traffic/route.ts";
import { THRESHOLD_METRICS, type ThresholdMetric } from "./threshold.ts";

/** One look at a live deployment. */
export interface Look {
  at: Instant;
  /** What the gateway counted; null while it says nothing, or without a route. */
  stats: readonly RevisionStats[] | null;
  instances: readonly InstanceStatus[];
}

/** Of one instance. */
export interface UsageLimits {
  memoryMb: number;
  cpuCores: number;
}

const MIB = 1_048_576;

/**
 * A figure of a deployment from two looks at it, the traffic between them and the usage at the second: in the threshold's unit.
 * Null when there is none: nobody measures, or there was no request to be slow or to fail.
 */
export function figureOf(metric: ThresholdMetric, before: Look, after: Look, limits: UsageLimits): number | null {
  switch (metric) {
    case "cpu_usage":
      return hungriest(after.instances, ({ cpuCores }) => cpuCores / limits.cpuCores);
    case "memory_usage":
      return hungriest(after.instances, ({ rssBytes }) => rssBytes / (limits.memoryMb * MIB));
    default:
      return trafficFigure(metric, before, after);
  }
}

function hungriest(
  instances: readonly InstanceStatus[],
  share: (usage: NonNullable<InstanceStatus["usage"]>) => number,
): number | null {
  const shares = instances.flatMap(({ usage }) => (usage === null || usage === undefined ? [] : [share(usage) * 100]));
  return shares.length === 0 ? null : Math.max(...shares);
}

type TrafficMetric = Exclude<ThresholdMetric, "cpu_usage" | "memory_usage">;

function trafficFigure(metric: TrafficMetric, before: Look, after: Look): number | null {
  if (before.stats === null || after.stats === null || after.at <= before.at) return null;
  const known = new Map(before.stats.map((stats) => [stats.revision, stats]));
  const between = after.stats.map((stats) => difference(known.get(stats.revision), stats));
  const requests = between.reduce((sum, one) => sum + one.requests, 0);
  if (metric === "request_rate") return requests / ((after.at - before.at) / 1_000);
  if (requests === 0) return null;
  if (metric === "error_rate") return (100 * between.reduce((sum, one) => sum + one.errors, 0)) / requests;
  const latency = new LogHistogram();
  for (const { bins } of between) for (const [bin, count] of bins) latency.recordBin(bin, count);
  return latency.quantile(THRESHOLD_METRICS[metric].quantile);
}

interface Between {
  requests: number;
  errors: number;
  bins: [bin: number, count: number][];
}

/** What was counted since. Counters that went back began again: all that they hold is since then. */
function difference(before: RevisionStats | undefined, after: RevisionStats): Between {
  if (before === undefined || after.requests < before.requests) {
    return { requests: after.requests, errors: after.errors, bins: after.latency };
  }
  const earlier = new Map(before.latency);
  return {
    requests: after.requests - before.requests,
    errors: Math.max(0, after.errors - before.errors),
    bins: after.latency.map(([bin, count]) => [bin, Math.max(0, count - (earlier.get(bin) ?? 0))]),
  };
}
