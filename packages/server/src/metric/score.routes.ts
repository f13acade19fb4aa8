import { deploymentParams, deploymentQuery, nameOf } from "../deployment/deployment.http.ts";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { scoreReceiptSchema, scoresSchema } from "./score.schema.ts";

/** Scores of live answers, which an application or a grader beside it posts. */
export function scoreRoutes(app: App, { scores }: Services): void {
  app.post(
    "/v1/deployments/:id/scores",
    {
      schema: {
        operationId: "recordScores",
        summary: "Report scores of a revision's live answers",
        description:
          "A rollout whose `analysis` has a metric of this name with source `evaluations` compares the scores of candidate and " +
          "stable while traffic moves. Post scores of both, chosen the same way.",
        tags: ["Scores"],
        params: deploymentParams,
        querystring: deploymentQuery,
        body: scoresSchema,
        response: { 202: scoreReceiptSchema },
      },
    },
    async ({ principal, params, query, body }, reply) =>
      reply.code(202).send(await scores.record(principal, nameOf(params, query), body)),
  );
}
