import { LogHistogram, type RevisionStats, type RouteObservation } from "@sluice/core";
import type { z } from "zod";
import type { deploymentMetricsSchema } from "./deployment.schema.ts";

type MetricsView = z.output<typeof deploymentMetricsSchema>;

/** What the gateway has counted for a deployment, by revision, since it first saw it. */
export function metricsView(deployment: string, observed: RouteObservation | null): MetricsView {
  return { deployment, observed: observed !== null, revisions: (observed?.stats ?? []).map(revisionMetrics) };
}

function revisionMetrics(stats: RevisionStats): MetricsView["revisions"][number] {
  const { revision, requests, errors, aborted, status, bytesIn, bytesOut, inFlight } = stats;
  const latency = LogHistogram.fromSparse(stats.latency);
  const errorRate = requests === 0 ? null : errors / requests;
  const latencyMs = { p50: quantile(latency, 0.5), p90: quantile(latency, 0.9), p99: quantile(latency, 0.99) };
  return { revision, requests, errors, aborted, errorRate, status, bytesIn, bytesOut, inFlight, latencyMs };
}

/** JSON has no infinity: what is above the last edge is shown as the largest number there is. */
function quantile(latency: LogHistogram, q: number): number | null {
  const value = latency.quantile(q);
  return value === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : value;
}
