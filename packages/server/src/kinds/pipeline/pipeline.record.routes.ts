import { z } from "zod";
import type { App } from "../../http/app.types.ts";
import { pageOf, pageQuery } from "../../http/page.ts";
import type { Services } from "../../http/services.ts";
import {
  changedPipelineSchema,
  draftQuerySchema,
  draftSchema,
  historyEntrySchema,
  rollbackPipelineSchema,
} from "./pipeline.schema.ts";
import { statusOfRollout } from "./pipeline.view.ts";

const tags = ["Pipelines"];
const params = z.strictObject({ id: z.string().min(1).max(64) });
const BASE = "/api/v1/pipelines/deployments/:id";

const auditEntry = z.object({
  seq: z.number().int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

/** What was done to a deployment of a pipeline, how to take it back, and how an experiment becomes one. */
export function pipelineRecordRoutes(app: App, { pipelines, deployments, audit }: Services): void {
  app.get(
    `${BASE}/history`,
    {
      schema: {
        operationId: "getPipelineHistory",
        summary: "List the changes of a deployment of a pipeline, newest first",
        tags,
        params,
        response: { 200: z.object({ history: z.array(historyEntrySchema) }) },
      },
    },
    async ({ principal, params: { id } }) => ({ history: await pipelines.history(principal, id) }),
  );

  app.get(
    `${BASE}/audit`,
    {
      schema: {
        operationId: "listPipelineAudit",
        summary: "List who changed a deployment of a pipeline, newest first",
        tags,
        params,
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(auditEntry) },
      },
    },
    async ({ principal, params: { id }, query }) => {
      const { picture, stored } = await pipelines.find(principal, id);
      const project = picture === null ? stored.project : picture.deployment.project;
      return audit.list(principal, { ...query, project, subject: id });
    },
  );

  app.post(
    `${BASE}/rollback`,
    {
      schema: {
        operationId: "rollbackPipelineDeployment",
        summary: "Go back to an earlier revision, or out of an update that is under way",
        tags,
        params,
        body: rollbackPipelineSchema,
        response: { 202: changedPipelineSchema },
      },
    },
    async ({ principal, params: { id }, body }, reply) => {
      await pipelines.find(principal, id);
      const { revision, reason } = body ?? {};
      const rollout = await deployments.rollback(
        principal,
        { id },
        {
          scope: "all",
          ...(revision !== undefined && { toRevision: revision }),
          ...(reason !== undefined && { reason }),
        },
      );
      return reply.code(202).send({
        deployment_id: id,
        status: statusOfRollout(true, rollout),
        message: "Rollback initiated",
        rollout_id: rollout.id,
      });
    },
  );

  app.get(
    "/v1/rollouts/:id/deployment-draft",
    {
      schema: {
        operationId: "draftPipelineDeployment",
        summary: "Read what would deploy the winner of an experiment with a pipeline",
        description: "After its end; the query widens it, for example to other nodes or another environment.",
        tags,
        params,
        querystring: draftQuerySchema,
        response: { 200: draftSchema },
      },
    },
    ({ principal, params: { id }, query }) => pipelines.draft(principal, id, query),
  );
}
