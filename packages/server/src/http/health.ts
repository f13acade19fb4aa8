import { z } from "zod";
import type { App } from "./app.types.ts";
import { failedChecks, type ReadinessCheck } from "./readiness.ts";

const readiness = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.enum(["ok", "failed"])).meta({ examples: [{ database: "ok", gateway: "ok" }] }),
  })
  .meta({ id: "Readiness" });

/** /healthz: the process answers. /readyz: so does everything that it needs. */
export function healthRoutes(app: App, checks: Readonly<Record<string, ReadinessCheck>>): void {
  const shared = { config: { public: true, rateLimit: false as const } };

  app.get(
    "/healthz",
    {
      ...shared,
      schema: {
        operationId: "getHealth",
        summary: "Whether the server lives",
        tags: ["System"],
        security: [],
        response: { 200: z.object({ status: z.literal("ok") }) },
      },
    },
    async () => ({ status: "ok" as const }),
  );

  app.get(
    "/readyz",
    {
      ...shared,
      schema: {
        operationId: "getReadiness",
        summary: "Whether the server and what it needs are ready",
        tags: ["System"],
        security: [],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (request, reply) => {
      const failed = await failedChecks(checks);
      for (const [check, failure] of failed) request.log.warn({ err: failure, check }, "not ready");
      const results = Object.keys(checks).map((name) => [name, failed.has(name) ? "failed" : "ok"] as const);
      const ready = failed.size === 0;
      if (!ready) reply.header("retry-after", 2);
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(results) });
    },
  );
}
