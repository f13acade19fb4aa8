import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { artifactParams, inProject } from "./artifact.schema.ts";

const time = z.iso.datetime();

const deliveryView = z
  .object({
    version: z.string(),
    fromVersion: z.string().nullable().describe("Null for the first one of a deployment."),
    environment: z.string(),
    deployment: z.string(),
    name: z.string().describe("Of the deployment."),
    revision: z.number().int(),
    rollout: z.string(),
    strategy: z.string(),
    outcome: z.string().describe("The rollout's phase."),
    triggeredBy: z.string(),
    startedAt: time,
    finishedAt: time.nullable(),
    servedFrom: time.nullable().describe("Null for a version that was not promoted, or was taken back."),
    servedUntil: time.nullable().describe("Null while it serves."),
  })
  .meta({
    id: "Delivery",
    examples: [
      {
        version: "1.1.0",
        fromVersion: "1.0.0",
        environment: "production",
        deployment: "dep_0199",
        name: "greeter",
        revision: 2,
        rollout: "rol_0199",
        strategy: "canary",
        outcome: "completed",
        triggeredBy: "trigger:greeter-tags",
        startedAt: "2026-11-21T10:00:00.000Z",
        finishedAt: "2026-11-21T10:20:00.000Z",
        servedFrom: "2026-11-21T10:20:00.000Z",
        servedUntil: null,
      },
    ],
  });

/** The history of an artifact's versions: which of them was where, and when. */
export function deliveryRoutes(app: App, { artifacts }: Services): void {
  app.get(
    "/v1/artifacts/:name/deliveries",
    {
      schema: {
        operationId: "listDeliveries",
        summary: "List which version went where and when, across environments, newest first",
        tags: ["Artifacts"],
        params: artifactParams,
        querystring: z.strictObject({
          ...inProject,
          environment: nameSchema.optional(),
          version: z.string().min(1).max(128).optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(deliveryView) },
      },
    },
    async ({ principal, params, query }) => {
      const { project, ...filter } = query;
      const page = await artifacts.deliveries(principal, { project, ...params }, filter);
      return {
        ...page,
        items: page.items.map((delivery) => ({
          ...delivery,
          startedAt: delivery.startedAt.toISOString(),
          finishedAt: delivery.finishedAt?.toISOString() ?? null,
          servedFrom: delivery.servedFrom?.toISOString() ?? null,
          servedUntil: delivery.servedUntil?.toISOString() ?? null,
        })),
      };
    },
  );
}
