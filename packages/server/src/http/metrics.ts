import type { Kysely } from "kysely";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { z } from "zod";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Database } from "../db/schema.ts";
import { agentMetricsSchema } from "../kinds/agent/agent.schema.ts";
import { addAgentMetrics } from "../kinds/agent/metrics.prometheus.ts";
import { addPipelineMetrics } from "../kinds/pipeline/pipeline.outcomes.ts";
import type { App } from "./app.types.ts";
import type { Services } from "./services.ts";

/** The registry that /metrics shows. Other parts add their own metrics to it. */
export function createMetrics(db: Kysely<Database>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "sluice_rollouts",
    help: "Rollouts by phase",
    labelNames: ["phase"],
    registers: [registry],
    async collect() {
      // Without the database the other metrics are still worth having.
      const rows = await countByPhase(db).catch(() => []);
      this.reset();
      for (const { phase, count } of rows) this.set({ phase }, count);
    },
  });
  addAgentMetrics(registry, db);
  addPipelineMetrics(registry, db);
  return registry;
}

const countByPhase = (db: Kysely<Database>): Promise<{ phase: string; count: number }[]> =>
  db
    .selectFrom("rollouts")
    .select((select) => ["phase", select.fn.countAll<number>().as("count")])
    .where("part_of", "is", null)
    .groupBy("phase")
    .execute();

const metricsView = z
  .object({
    metrics: agentMetricsSchema.describe("Deployments of agents in the caller's project."),
    samples: z.array(z.record(z.string(), z.unknown())).describe("What Prometheus reads, as JSON."),
  })
  .meta({ id: "Metrics" });

/** Measures every request, and shows the registry at /metrics. */
export function measureRequests(app: App, registry: Registry, { agents }: Pick<Services, "agents">): void {
  const duration = new Histogram({
    name: "sluice_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer, by route",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  app.addHook("onResponse", async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? "unknown";
    duration.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });

  app.get(
    "/metrics",
    {
      schema: {
        operationId: "getMetrics",
        summary: "Metrics of the server, for Prometheus; as JSON to `Accept: application/json`",
        tags: ["System"],
        response: {
          200: {
            description: "Metrics",
            content: {
              "text/plain": { schema: z.string() },
              "application/json": { schema: metricsView },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { principal, headers } = request;
      authorise(principal, "system.read", { project: projectOf(principal, undefined) });
      reply.header("cache-control", "no-store");
      if (headers.accept?.includes("application/json") === true) {
        const metrics = await registry.getMetricsAsJSON();
        return reply.type("application/json").send({
          metrics: await agents.metrics(principal),
          samples: metrics.map((metric) => ({ ...metric })),
        });
      }
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  );
}
