import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";

const outlookSchema = z
  .object({
    type: z.enum(["docker", "kubernetes"]),
    state: z
      .enum(["ready", "absent", "faulty"])
      .describe("`absent`: not set up, and nobody asked for it. `faulty`: configured, and it could not be used."),
    message: z
      .string()
      .describe("What is there, or why it cannot be used, in the daemon's or the cluster's own words."),
  })
  .meta({ id: "TargetOutlook" });

export function targetRoutes(app: App, { targets }: Services): void {
  app.get(
    "/v1/target-outlook",
    {
      schema: {
        operationId: "getTargetOutlook",
        summary: "Ask which targets this server could deliver to",
        description:
          "Looks for the Docker daemon and the cluster that the server is configured with: whether they answer, their version, and what the server's credentials lack. Changes nothing, and takes no longer than five seconds.",
        tags: ["System"],
        querystring: z.strictObject({ project: nameSchema.optional() }),
        response: { 200: z.object({ items: z.array(outlookSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal, query }) => ({ items: await targets.outlook(principal, query.project), nextCursor: null }),
  );
}
