import { nameSchema } from "@sluice/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { statusOf } from "../../../deployment/deployment.view.ts";
import type { App } from "../../../http/app.types.ts";
import { keyOf } from "../../../http/idempotency.ts";
import { pageOf, pageQuery } from "../../../http/page.ts";
import type { Services } from "../../../http/services.ts";
import { NO_TIMEOUT } from "../../../http/sse.ts";
import { idParams, numberId } from "../model.schema.ts";
import { deletedView, deployModelBody, modelDeploymentStatusView, modelDeploymentView } from "./deployment.schema.ts";
import { environmentFor } from "./deployment.service.ts";
import type { StoredModelDeployment } from "./deployment.store.ts";
import { viewOfDeployment } from "./deployment.view.ts";

export function modelDeploymentRoutes(app: App, services: Services): void {
  const { deployments: served, config } = services.models;
  const tags = ["Models"];
  const view = (deployment: StoredModelDeployment) => viewOfDeployment(deployment, config, services.live.gatewayUrl);
  const withStatus = async ({ principal }: FastifyRequest, deployment: StoredModelDeployment) => {
    const picture = await services.deployments.get(principal, { id: deployment.deploymentId });
    const instances = picture.statuses.flatMap((status) => status.instances);
    return {
      ...view(deployment),
      status: statusOf(picture),
      deployment: deployment.deploymentId,
      environment: deployment.environment,
      ready_replicas: instances.filter(({ state }) => state === "ready").length,
    };
  };

  app.post(
    "/api/v1/versions/:version_id/deployments",
    {
      config: { repeatable: true },
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "deployModel",
        summary: "Deploy a version of a model",
        description:
          "Answers when it serves: 201. A deployment that fails, or does not serve within the time for it (300 seconds, " +
          "SLUICE_MODEL_DEPLOY_SECONDS), leaves nothing behind, and the answer says why. Where people have to approve it " +
          "first, the answer is 202 and comes at once. With an `Idempotency-Key` a request that broke off can be sent again.",
        tags,
        params: z.strictObject({ version_id: numberId }),
        body: deployModelBody.nullish(),
        response: { 201: modelDeploymentView, 202: modelDeploymentView },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const { replicas, environment } = body ?? { replicas: 1 };
      const input = { replicas, environment: environmentFor(principal, environment) };
      const { deployment, outcome } = await served.create(principal, params.version_id, input, keyOf(request));
      return reply.code(outcome === "serving" ? 201 : 202).send(view(deployment));
    },
  );

  app.get(
    "/api/v1/versions/:version_id/deployments",
    {
      schema: {
        operationId: "listDeploymentsOfModelVersion",
        summary: "List the deployments that serve a version, newest first",
        tags,
        params: z.strictObject({ version_id: numberId }),
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(modelDeploymentView) },
      },
    },
    async ({ principal, params, query }) => {
      const page = await served.list(principal, { ...query, version: params.version_id });
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/api/v1/deployments",
    {
      schema: {
        operationId: "listModelDeployments",
        summary: "List deployments of models, newest first",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional(), ...pageQuery }),
        response: { 200: pageOf(modelDeploymentView) },
      },
    },
    async ({ principal, query }) => {
      const page = await served.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/api/v1/deployments/:id",
    {
      schema: {
        operationId: "getModelDeployment",
        summary: "Read a deployment of a model: its address and its status",
        tags,
        params: idParams,
        response: { 200: modelDeploymentStatusView },
      },
    },
    async (request) => withStatus(request, await served.get(request.principal, request.params.id)),
  );

  app.delete(
    "/api/v1/deployments/:id",
    {
      config: { repeatable: true },
      schema: {
        operationId: "deleteModelDeployment",
        summary: "Delete a deployment of a model",
        description:
          "The record goes at once. Instances that do not go are told of in `warning`; Sluice goes on to remove them.",
        tags,
        params: idParams,
        response: { 200: deletedView },
      },
    },
    async ({ principal, params, log }) => {
      const { id, warning } = await served.remove(principal, params.id);
      if (warning !== null) log.warn({ deployment: id }, warning);
      return { id, deleted: true as const, warning };
    },
  );
}
