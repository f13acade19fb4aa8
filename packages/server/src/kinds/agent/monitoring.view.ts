import { cpuCores, type DeploymentConfig, type InstanceStatus, LogHistogram, type RevisionStats } from "@sluice/core";
import type { AgentDeploymentView } from "./agent.schema.ts";

type Monitoring = AgentDeploymentView["monitoring_metrics"];

/** What the running system tells of the revision that a delivery brings. */
export interface MonitoredRevision {
  instances: readonly InstanceStatus[];
  /** Instances that are wanted now. */
  desired: number;
  /** What the gateway counted; null without a route, or while no gateway answers. */
  stats: RevisionStats | null;
}

const NETWORK =
  "network operations of single processes are not counted by the system; the gateway counts requests and bytes";

/** Figures of one moment. What cannot be measured is null, and says why. */
export function monitoringView(
  { instances, desired, stats }: MonitoredRevision,
  config: DeploymentConfig,
  progress: number,
): Monitoring {
  const usages = instances.flatMap(({ usage }) => usage ?? []);
  const limit = config.resources.limits?.cpu;
  const cores = usages.reduce((sum, usage) => sum + usage.cpuCores, 0);
  const available = usages.length * (limit === undefined ? 1 : cpuCores(limit));
  const measured = usages.length > 0;
  const answered = stats !== null && stats.requests > 0;
  const median = answered ? LogHistogram.fromSparse(stats.latency).quantile(0.5) : null;
  return {
    deployment_progress: progress,
    response_time: median === null || !Number.isFinite(median) ? null : rounded(median / 1_000, 4),
    error_rate: answered ? rounded(stats.errors / stats.requests, 4) : null,
    resource_usage: {
      cpu_percent: measured ? rounded((cores / available) * 100, 1) : null,
      memory_mb: measured ? rounded(usages.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / 1_048_576, 1) : null,
      network_iops: null,
    },
    unmeasured: {
      network_iops: NETWORK,
      ...(!answered && { response_time: "no request has come through the gateway yet" }),
      ...(!measured && { cpu_percent: instances.length === 0 ? "no instance runs" : "not measured twice yet" }),
    },
    health_status: healthOf(instances, desired),
  };
}

function healthOf(instances: readonly InstanceStatus[], desired: number): Monitoring["health_status"] {
  const ready = instances.filter(({ state }) => state === "ready").length;
  if (instances.length === 0 && desired === 0) return "unknown";
  if (ready === 0) return "unhealthy";
  return ready < desired ? "degraded" : "healthy";
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
