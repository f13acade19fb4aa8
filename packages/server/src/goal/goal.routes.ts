import { z } from "zod";
import { deploymentParams, deploymentQuery, nameOf } from "../deployment/deployment.http.ts";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { goalBatchSchema, goalCountSchema, goalEventSchema, goalReceiptSchema } from "./goal.schema.ts";

/** How often keys that are too old to matter are forgotten (ms). */
const SWEEP_EVERY = 3_600_000;

/** What applications report of the goals that an A/B test decides on. */
export function goalRoutes(app: App, { goals }: Services): void {
  const common = { tags: ["Goals"], params: deploymentParams, querystring: deploymentQuery };

  app.post(
    "/v1/deployments/:id/goals",
    {
      schema: {
        ...common,
        operationId: "recordGoal",
        summary: "Report that requests of a revision came to a goal",
        description:
          "An A/B test with this `goal` compares how often the requests of each arm come to it. Report each request at " +
          "most once. With a `key` the report can be repeated safely.",
        body: goalEventSchema,
        response: { 202: goalReceiptSchema },
      },
    },
    async ({ principal, params, query, body }, reply) =>
      reply.code(202).send(await goals.record(principal, nameOf(params, query), [body])),
  );

  app.post(
    "/v1/deployments/:id/goals/batch",
    {
      schema: {
        ...common,
        operationId: "recordGoals",
        summary: "Report up to 1000 such events at once, all or none",
        body: goalBatchSchema,
        response: { 202: goalReceiptSchema },
      },
    },
    async ({ principal, params, query, body }, reply) =>
      reply.code(202).send(await goals.record(principal, nameOf(params, query), body.events, "events")),
  );

  app.get(
    "/v1/deployments/:id/goals",
    {
      schema: {
        ...common,
        operationId: "listGoals",
        summary: "List how often each revision came to each goal, since ever",
        response: { 200: z.object({ items: z.array(goalCountSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal, params, query }) => ({
      items: await goals.list(principal, nameOf(params, query)),
      nextCursor: null,
    }),
  );

  const sweep = setInterval(
    () => goals.forgetOldKeys().catch((err: unknown) => app.log.warn({ err }, "old keys of goals stay")),
    SWEEP_EVERY,
  );
  sweep.unref();
  app.addHook("onClose", async () => clearInterval(sweep));
}
