import { nameSchema, RUN_STATUSES } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { runView, runViewOf, startRunBody } from "./run.schema.ts";

const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };
const params = z.strictObject({ id: z.string().min(1).max(64) });

const words = z.strictObject({ comment: z.string().max(1_000).optional() });
const judgement = words.extend({
  stage: nameSchema.optional().meta({ description: "Which one; may be left out while only one waits" }),
});

/** Runs of workflows, and what people tell them to do. */
export function workflowRunRoutes(app: App, { workflows }: Services): void {
  const tags = ["Workflow runs"];

  app.post(
    "/v1/workflow-runs",
    {
      schema: {
        operationId: "startWorkflowRun",
        summary: "Start a run of a workflow",
        description: "It goes on by itself, on behalf of the caller; follow it by its events.",
        tags,
        body: startRunBody,
        response: { 202: runView },
      },
    },
    async ({ principal, body }, reply) => {
      const { workflow: name, ...rest } = body;
      return reply.code(202).send(runViewOf(await workflows.start(principal, { name, ...rest })));
    },
  );

  app.get(
    "/v1/workflow-runs",
    {
      schema: {
        operationId: "listWorkflowRuns",
        summary: "List runs, newest first",
        tags,
        querystring: z.strictObject({
          ...inProject,
          workflow: nameSchema.optional(),
          environment: nameSchema.optional(),
          status: z.enum(RUN_STATUSES).optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(runView) },
      },
    },
    async ({ principal, query }) => {
      const { workflow: name, ...rest } = query;
      const page = await workflows.listRuns(principal, { ...rest, name, kind: "workflow" });
      return { ...page, items: page.items.map(runViewOf) };
    },
  );

  app.get(
    "/v1/workflow-runs/:id",
    {
      schema: {
        operationId: "getWorkflowRun",
        summary: "Read a run with all its stages",
        tags,
        params,
        response: { 200: runView },
      },
    },
    async ({ principal, params }) => runViewOf(await workflows.getRun(principal, params.id, "workflow")),
  );

  app.post(
    "/v1/workflow-runs/:id/cancel",
    {
      schema: {
        operationId: "cancelWorkflowRun",
        summary: "End a run: what runs is stopped, rollouts that it began are cancelled",
        tags,
        params,
        body: words.nullish(),
        response: { 202: runView },
      },
    },
    async ({ principal, params, body }, reply) =>
      reply.code(202).send(runViewOf(await workflows.cancelRun(principal, params.id, "workflow", body ?? {}))),
  );

  app.post(
    "/v1/workflow-runs/:id/retry",
    {
      schema: {
        operationId: "retryWorkflowRun",
        summary: "Run again what did not go well",
        description: "A new run; stages that succeeded are carried over with their outputs and artifacts.",
        tags,
        params,
        response: { 202: runView },
      },
    },
    async ({ principal, params }, reply) =>
      reply.code(202).send(runViewOf(await workflows.retryRun(principal, params.id, "workflow"))),
  );

  for (const command of ["approve", "reject"] as const) {
    app.post(
      `/v1/workflow-runs/:id/${command}`,
      {
        schema: {
          operationId: `${command}WorkflowRun`,
          summary:
            command === "approve" ? "Approve a stage that waits for people" : "Reject a stage that waits for people",
          description: "With four eyes, which is the default, whoever started the run may not.",
          tags,
          params,
          body: judgement.nullish(),
          response: { 202: runView },
        },
      },
      async ({ principal, params, body }, reply) => {
        const decision = { ...body, approved: command === "approve" };
        return reply.code(202).send(runViewOf(await workflows.judgeRun(principal, params.id, decision)));
      },
    );
  }
}
