import { LogHistogram, type RevisionStats, type RouteObservation } from "@sluice/core";
import type { z } from "zod";
import { addedStats } from "../routing/merged.route.ts";
import type { deploymentMetricsSchema } from "./deployment.schema.ts";

type MetricsView = z.output<typeof deploymentMetricsSchema>;

/** What gateways have counted for a deployment, by revision, since they first saw it; those of several targets add up. */
export function metricsView(deployment: string, observed: readonly (RouteObservation | null)[]): MetricsView {
  const routes = observed.filter((route) => route !== null);
  return { deployment, observed: routes.length > 0, revisions: addedStats(routes).map(revisionMetrics) };
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
