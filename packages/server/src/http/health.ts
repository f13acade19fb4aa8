import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import type { App } from "./app.types.ts";

/** A part that must work before requests make sense; throws, or does not answer in time, when it does not. */
export type ReadinessCheck = () => Promise<void>;

/** Milliseconds that a check may take. */
const PATIENCE = 2_000;

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
      const results = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => {
          const failure = await failureOf(check);
          if (failure !== null) request.log.warn({ err: failure, check: name }, "not ready");
          return [name, failure === null ? "ok" : "failed"] as const;
        }),
      );
      const ready = results.every(([, result]) => result === "ok");
      if (!ready) reply.header("retry-after", 2);
      return reply.code(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(results) });
    },
  );
}

async function failureOf(check: ReadinessCheck): Promise<unknown> {
  const over = new AbortController();
  const late = setTimeout(PATIENCE, undefined, { signal: over.signal }).then(
    () => new Error(`no answer in ${PATIENCE} ms`),
    () => null,
  );
  try {
    return await Promise.race([check().then(() => null), late]);
  } catch (error) {
    return error;
  } finally {
    over.abort();
  }
}
