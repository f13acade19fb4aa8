import { type InstanceStatus, type Instant, toIso } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { deploymentParams, deploymentQuery, nameOf } from "./deployment.http.ts";
import { deploymentMetricsSchema, instanceSchema } from "./deployment.schema.ts";
import { metricsView } from "./metrics.view.ts";

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));

const instanceView = (instance: InstanceStatus) => ({
  ...instance,
  startedAt: iso(instance.startedAt),
  readyAt: iso(instance.readyAt),
  usage: instance.usage ? { ...instance.usage, at: toIso(instance.usage.at) } : null,
});

/** What the running system says of one deployment: instances and traffic. */
export function deploymentLiveRoutes(app: App, { deployments }: Services): void {
  const tags = ["Deployments"];

  app.get(
    "/v1/deployments/:id/instances",
    {
      schema: {
        operationId: "listInstances",
        summary: "List the instances of every revision",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 200: z.object({ items: z.array(instanceSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal, params, query }) => {
      const picture = await deployments.get(principal, nameOf(params, query));
      const statuses = [picture, ...picture.members].flatMap((part) => part.statuses);
      return { items: statuses.flatMap((status) => status.instances.map(instanceView)), nextCursor: null };
    },
  );

  app.get(
    "/v1/deployments/:id/metrics",
    {
      schema: {
        operationId: "getDeploymentMetrics",
        summary: "Read what the gateway counted, by revision",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 200: deploymentMetricsSchema },
      },
    },
    async ({ principal, params, query }) => {
      const picture = await deployments.get(principal, nameOf(params, query));
      return metricsView(
        picture.deployment.id,
        [picture, ...picture.members].map(({ observed }) => observed),
      );
    },
  );
}
