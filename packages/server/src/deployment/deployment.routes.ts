import { ARTIFACT_KINDS, DEPLOYMENT_STATUSES, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { labelQuery } from "../http/label.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { rolloutSchema } from "../rollout/rollout.schema.ts";
import { rolloutView } from "../rollout/rollout.view.ts";
import {
  changedView,
  deploymentParams,
  deploymentQuery,
  nameOf,
  startedSchema,
  viewFor,
  where,
} from "./deployment.http.ts";
import { createDeploymentSchema, deploymentSchema, updateDeploymentSchema } from "./deployment.schema.ts";

const begun = z.object({ deployment: deploymentSchema, rollout: rolloutSchema });

export function deploymentRoutes(app: App, services: Services): void {
  const { deployments, clock } = services;
  const tags = ["Deployments"];

  app.post(
    "/v1/deployments",
    {
      schema: {
        operationId: "createDeployment",
        summary: "Create a deployment and begin its first rollout",
        tags,
        body: createDeploymentSchema,
        response: { 202: begun },
      },
    },
    async (request, reply) => {
      const { deployment, rollout } = await deployments.create(request.principal, request.body);
      const view = await changedView(request, services, deployment);
      return reply.code(202).send({ deployment: view, rollout: rolloutView(rollout, clock()) });
    },
  );

  app.get(
    "/v1/deployments",
    {
      schema: {
        operationId: "listDeployments",
        summary: "List deployments, newest first",
        tags,
        querystring: z.strictObject({
          ...where,
          name: nameSchema.optional(),
          artifact: nameSchema.optional(),
          kind: z.enum(ARTIFACT_KINDS).optional(),
          status: z.enum(DEPLOYMENT_STATUSES).optional(),
          label: labelQuery,
          ...pageQuery,
        }),
        response: { 200: pageOf(deploymentSchema) },
      },
    },
    async (request) => {
      const page = await deployments.list(request.principal, request.query);
      return { ...page, items: page.items.map((picture) => viewFor(request, services, picture)) };
    },
  );

  app.get(
    "/v1/deployments/:id",
    {
      schema: {
        operationId: "getDeployment",
        summary: "Read a deployment",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 200: deploymentSchema },
      },
    },
    async (request) => {
      const { principal, params, query } = request;
      return viewFor(request, services, await deployments.get(principal, nameOf(params, query)));
    },
  );

  app.patch(
    "/v1/deployments/:id",
    {
      schema: {
        operationId: "updateDeployment",
        summary: "Deliver another version or configuration",
        description:
          "202 with the rollout that was begun; 200 without one when this is what is meant to run already, or when only " +
          "the replicas changed. `config` is merged (RFC 7396) over the configuration that is under way, else over the " +
          "one that serves.",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        body: updateDeploymentSchema,
        response: { 200: startedSchema, 202: startedSchema },
      },
    },
    async (request, reply) => {
      const { principal, params, query, body } = request;
      const { deployment, rollout } = await deployments.update(principal, nameOf(params, query), body);
      const view = await changedView(request, services, deployment);
      if (rollout === null) return reply.code(200).send({ deployment: view, rollout });
      return reply.code(202).send({ deployment: view, rollout: rolloutView(rollout, clock()) });
    },
  );

  app.delete(
    "/v1/deployments/:id",
    {
      schema: {
        operationId: "deleteDeployment",
        summary: "Delete a deployment: its traffic, its instances, then itself",
        description: "Goes on after the answer; the deployment is `deleting`, and in the end not found any more.",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 202: deploymentSchema },
      },
    },
    async (request, reply) => {
      const { principal, params, query } = request;
      // Seen before: by the time it could be looked at again it may be gone.
      const before = await deployments.get(principal, nameOf(params, query));
      const deployment = await deployments.remove(principal, { id: before.deployment.id });
      return reply.code(202).send(viewFor(request, services, { ...before, deployment }));
    },
  );
}
