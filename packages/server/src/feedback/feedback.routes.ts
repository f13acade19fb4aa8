import type { App } from "../http/app.types.ts";
import { pageOf } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import {
  feedbackBatchSchema,
  feedbackQuery,
  feedbackReceiptSchema,
  feedbackSchema,
  feedbackView,
} from "./feedback.schema.ts";

/** How often reports that are too old to matter are forgotten (ms). */
const SWEEP_EVERY = 3_600_000;

/** What applications report of the answers that a prompt led to. */
export function feedbackRoutes(app: App, { feedback, resolveLimit }: Services): void {
  const common = { tags: ["Feedback"] };
  const config = { rateLimit: false } as const;

  app.post(
    "/v1/feedback",
    {
      config,
      schema: {
        ...common,
        operationId: "sendFeedback",
        summary: "Report how an answer went: scores, error, latency, cost, a comment",
        description:
          "On disk when it is acknowledged. Errors and latencies are what `error_rate` and `latency` of a rollout's analysis count; " +
          "scores feed metrics of their name with source `evaluations`. With an `id` the report can be repeated safely.",
        body: feedbackSchema,
        response: { 202: feedbackReceiptSchema },
      },
    },
    async ({ principal, body }, reply) => {
      resolveLimit.take(principal, reply);
      const { project, deployment, environment, ...report } = body;
      return reply.code(202).send(await feedback.record(principal, { id: deployment, project, environment }, [report]));
    },
  );

  app.post(
    "/v1/feedback/batch",
    {
      config,
      schema: {
        ...common,
        operationId: "sendFeedbackBatch",
        summary: "Report up to 1000 answers at once, all or none",
        body: feedbackBatchSchema,
        response: { 202: feedbackReceiptSchema },
      },
    },
    async ({ principal, body }, reply) => {
      resolveLimit.take(principal, reply);
      const { project, deployment, environment, reports } = body;
      const name = { id: deployment, project, environment };
      return reply.code(202).send(await feedback.record(principal, name, reports, "reports"));
    },
  );

  app.get(
    "/v1/feedback",
    {
      schema: {
        ...common,
        operationId: "listFeedback",
        summary: "List what was reported of a deployment in the last thirty days, newest first",
        querystring: feedbackQuery,
        response: { 200: pageOf(feedbackView) },
      },
    },
    async ({ principal, query }) => {
      const { project, deployment, environment, ...page } = query;
      return feedback.list(principal, { id: deployment, project, environment }, page);
    },
  );

  const sweep = setInterval(
    () => feedback.forgetOld().catch((err: unknown) => app.log.warn({ err }, "old feedback stays")),
    SWEEP_EVERY,
  );
  sweep.unref();
  app.addHook("onClose", async () => clearInterval(sweep));
}
