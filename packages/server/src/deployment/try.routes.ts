import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { deploymentParams, deploymentQuery, nameOf } from "./deployment.http.ts";
import { triedSchema } from "./try.answer.ts";
import { trySchema } from "./try.request.ts";

export function tryRoutes(app: App, { deployments }: Services): void {
  app.post(
    "/v1/deployments/:id/try",
    {
      // Answers of programs are nobody else's, and a repetition must not ask the program again.
      config: { secretAnswer: true },
      schema: {
        operationId: "tryDeployment",
        summary: "Send a deployment one request, and see what it answers",
        description:
          "Asks the gateway as a caller would, at the deployment's route and nowhere else, for at most 10 s and 64 KiB " +
          "each way; it counts as a caller's request. Redirects are answered, not followed.",
        tags: ["Deployments"],
        params: deploymentParams,
        querystring: deploymentQuery,
        body: trySchema,
        response: { 200: triedSchema },
      },
    },
    ({ principal, params, query, body }) => deployments.try(principal, nameOf(params, query), body),
  );
}
