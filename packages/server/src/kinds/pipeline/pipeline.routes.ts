import { z } from "zod";
import type { App } from "../../http/app.types.ts";
import type { Services } from "../../http/services.ts";
import { startKeeping } from "./pipeline.keeper.ts";
import {
  changedPipelineSchema,
  deployedPipelineSchema,
  deployPipelineSchema,
  listPipelinesSchema,
  pipelineDetailSchema,
  pipelineListSchema,
  updatePipelineSchema,
} from "./pipeline.schema.ts";
import { statusOfRollout } from "./pipeline.view.ts";

const tags = ["Pipelines"];
const params = z.strictObject({ id: z.string().min(1).max(64).describe("`dep_…`") });
const BASE = "/api/v1/pipelines/deployments";

/** Deployments of telemetry pipelines as their document prints them. */
export function pipelineRoutes(app: App, services: Services): void {
  const { pipelines, deployments } = services;

  app.post(
    BASE,
    {
      schema: {
        operationId: "deployPipeline",
        summary: "Deploy a pipeline to nodes",
        description:
          "Every node that `target_nodes` and `selector` mean gets `replicas` collectors. Goes on after the answer, node by " +
          "node; collectors that do not become ready, or whose data fails, are taken back.",
        tags,
        body: deployPipelineSchema,
        response: { 202: deployedPipelineSchema },
      },
    },
    async ({ principal, body }, reply) => {
      const { deployment, stored, rollout } = await pipelines.deploy(principal, body);
      return reply.code(202).send({
        deployment_id: deployment.id,
        status: statusOfRollout(false, rollout),
        pipeline_name: stored.pipeline,
        deployment_name: stored.name,
        namespace: stored.project,
        created_at: deployment.createdAt.toISOString(),
        target_nodes: stored.targetNodes,
        rollout_id: rollout.id,
      });
    },
  );

  app.get(
    BASE,
    {
      schema: {
        operationId: "listPipelineDeployments",
        summary: "List deployments of pipelines, newest first",
        tags,
        querystring: listPipelinesSchema,
        response: { 200: pipelineListSchema },
      },
    },
    async ({ principal, query }) => {
      const { page, per_page } = query;
      return { ...(await pipelines.list(principal, query)), page, per_page };
    },
  );

  app.get(
    `${BASE}/:id`,
    {
      schema: {
        operationId: "getPipelineDeployment",
        summary: "Read a deployment of a pipeline, with what its collectors measure",
        description: "One that was deleted is answered for 30 days, with the status `deleted`.",
        tags,
        params,
        response: { 200: pipelineDetailSchema },
      },
    },
    ({ principal, params: { id } }) => pipelines.get(principal, id),
  );

  app.patch(
    `${BASE}/:id`,
    {
      schema: {
        operationId: "updatePipelineDeployment",
        summary: "Change parameters, resources, nodes or collectors a node",
        description:
          "`parameters` and `resources` are merged at every depth. What collectors run by is rolled out node by node; one " +
          "that fails is taken back, and so are those before it.",
        tags,
        params,
        body: updatePipelineSchema,
        response: { 202: changedPipelineSchema },
      },
    },
    async ({ principal, params: { id }, body }, reply) => {
      const { deployment, rollout, scaled } = await pipelines.update(principal, id, body);
      const message = scaled ? "Number of collectors changed" : "Nothing changed: it is what runs already";
      return reply.code(202).send({
        deployment_id: deployment.id,
        status:
          rollout === null
            ? (await pipelines.get(principal, id)).status
            : statusOfRollout(deployment.stableRevision !== null, rollout),
        message: rollout === null ? message : "Rolling update initiated",
        rollout_id: rollout?.id ?? null,
      });
    },
  );

  app.delete(
    `${BASE}/:id`,
    {
      schema: {
        operationId: "deletePipelineDeployment",
        summary: "Remove a deployment of a pipeline: its collectors, then itself",
        description: "Goes on after the answer. What it was, and its history, are kept for 30 days.",
        tags,
        params,
        response: { 202: changedPipelineSchema },
      },
    },
    async ({ principal, params: { id } }, reply) => {
      await pipelines.beforeRemoval(principal, id);
      const deployment = await deployments.remove(principal, { id });
      return reply.code(202).send({
        deployment_id: deployment.id,
        status: "deleting" as const,
        message: "Deployment removal initiated",
        rollout_id: null,
      });
    },
  );

  app.addHook("onClose", startKeeping(pipelines, app.log));
}
