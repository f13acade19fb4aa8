import type { Evaluation } from "@sluice/client";
import { figure, milliseconds } from "../format/number.ts";

/** A metric of one dataset, over versions: null where a version has not been evaluated. */
export interface Curve {
  metric: string;
  values: (number | null)[];
}

export interface DatasetPicture {
  dataset: string;
  /** Oldest first; only those that were evaluated on it. */
  versions: string[];
  curves: Curve[];
  /** The one that counts for each of the versions. */
  evaluations: Evaluation[];
}

/** What the evaluations show of each dataset. Of several of one version, the one that finished last counts. */
export function picturesOf(evaluations: readonly Evaluation[], newestFirst: readonly string[]): DatasetPicture[] {
  const places = new Map(newestFirst.toReversed().map((version, index) => [version, index]));
  const byDataset = Map.groupBy(evaluations, ({ dataset }) => dataset);
  return [...byDataset.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([dataset, all]) => {
      const latest = new Map<string, Evaluation>();
      for (const one of all) {
        const known = latest.get(one.version);
        if (known === undefined || known.finishedAt < one.finishedAt) latest.set(one.version, one);
      }
      const counted = [...latest.values()].toSorted(
        (left, right) => (places.get(left.version) ?? -1) - (places.get(right.version) ?? -1),
      );
      const metrics = [...new Set(counted.flatMap((one) => Object.keys(one.metrics)))].sort();
      return {
        dataset,
        versions: counted.map(({ version }) => version),
        curves: metrics.map((metric) => ({ metric, values: counted.map((one) => one.metrics[metric] ?? null) })),
        evaluations: counted,
      };
    });
}

/** `p95Ms` as people say it: `p95`, its unit is with its values. */
export const metricLabel = (metric: string): string => metric.replace(/(Ms|Usd)$/, "");

/** How values of a metric are written, by what its name ends with. */
export function writerOf(metric: string): (value: number | null) => string {
  if (metric.endsWith("Ms")) return milliseconds;
  if (metric.endsWith("Usd")) return (value) => (value === null ? figure(value) : `$${figure(value)}`);
  return figure;
}
