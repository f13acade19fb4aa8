import type { Kysely } from "kysely";
import { Gauge, type Registry } from "prom-client";
import type { Database } from "../../db/schema.ts";
import type { AgentMetrics } from "./agent.schema.ts";
import { agentMetrics } from "./metrics.store.ts";

const GAUGES: Readonly<Record<string, { help: string; value: (metrics: AgentMetrics) => number }>> = {
  sluice_agent_deployments_successful: {
    help: "Deployments of agents that were completed",
    value: (metrics) => metrics.successful_deployments,
  },
  sluice_agent_deployments_failed: {
    help: "Deployments of agents that failed or were taken back",
    value: (metrics) => metrics.failed_deployments,
  },
  sluice_agent_deployments_active: {
    help: "Deployments of agents under way",
    value: (metrics) => metrics.active_deployments,
  },
  sluice_agent_deployment_success_ratio: {
    help: "Share of the ended deployments of agents that succeeded",
    value: (metrics) => metrics.success_rate,
  },
  sluice_agent_deployment_seconds_average: {
    help: "How long successful deployments of agents took, on average",
    value: (metrics) => metrics.average_deployment_time,
  },
  sluice_agent_deployment_seconds_p95: {
    help: "How long 95 % of the successful deployments of agents took at most",
    value: (metrics) => metrics.p95_deployment_time,
  },
  sluice_agent_validation_seconds_average: {
    help: "How long the validation of agents took, on average",
    value: (metrics) => metrics.average_validation_time,
  },
  sluice_agent_test_seconds_average: {
    help: "How long the tests of agents took, on average",
    value: (metrics) => metrics.average_test_time,
  },
  sluice_agent_deployments_per_hour: {
    help: "Deployments of agents begun an hour, over the last 24 hours",
    value: (metrics) => metrics.deployment_frequency,
  },
};

/** The figures of `GET /metrics` as JSON, of all projects, for Prometheus. */
export function addAgentMetrics(registry: Registry, db: Kysely<Database>, now: () => number = Date.now): void {
  /** One query for all gauges that are collected together. */
  let asked: { at: number; metrics: Promise<AgentMetrics | null> } | null = null;
  const current = (): Promise<AgentMetrics | null> => {
    if (asked === null || now() - asked.at > 500) {
      // Without the database the other metrics are still worth having.
      asked = { at: now(), metrics: agentMetrics(db, null, now()).catch(() => null) };
    }
    return asked.metrics;
  };
  for (const [name, { help, value }] of Object.entries(GAUGES)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const metrics = await current();
        if (metrics === null) this.reset();
        else this.set(value(metrics));
      },
    });
  }
}
