import { COMMANDS } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { planRequestSchema, planSchema } from "./plan.schema.ts";
import { commandBodySchema, listRolloutsSchema, rolloutSchema } from "./rollout.schema.ts";
import { rolloutView } from "./rollout.view.ts";

const id = z.string().min(1).max(64).describe("`rol_…`");

export function rolloutRoutes(app: App, { rollouts, plans, clock }: Services): void {
  const tags = ["Rollouts"];

  app.get(
    "/v1/rollouts",
    {
      schema: {
        operationId: "listRollouts",
        summary: "List rollouts, newest first",
        tags,
        querystring: listRolloutsSchema,
        response: { 200: pageOf(rolloutSchema) },
      },
    },
    async ({ principal, query }) => {
      const page = await rollouts.list(principal, query);
      const now = clock();
      return { ...page, items: page.items.map((rollout) => rolloutView(rollout, now)) };
    },
  );

  app.get(
    "/v1/rollouts/:id",
    {
      schema: {
        operationId: "getRollout",
        summary: "Read a rollout",
        tags,
        params: z.strictObject({ id }),
        response: { 200: rolloutSchema },
      },
    },
    async ({ principal, params }) => rolloutView(await rollouts.get(principal, params.id), clock()),
  );

  app.post(
    "/v1/rollouts/:id/:command",
    {
      schema: {
        operationId: "commandRollout",
        summary: "Command a rollout",
        description:
          "Answers the rollout that carries the command out: the same one, or a new one for `retry` and for `rollback` " +
          "after completion. `allowedCommands` of the rollout says what its phase takes.",
        tags,
        params: z.strictObject({ id, command: z.enum(COMMANDS) }),
        body: commandBodySchema,
        response: { 202: rolloutSchema },
      },
    },
    async ({ principal, params, body }, reply) => {
      const rollout = await rollouts.command(principal, params.id, params.command, body ?? {});
      return reply.code(202).send(rolloutView(rollout, clock()));
    },
  );

  app.post(
    "/v1/rollouts/plan",
    {
      schema: {
        operationId: "planRollout",
        summary: "Say what a change would do, without doing it",
        description:
          "Takes what `POST /v1/deployments` takes, or a patch with the `deployment` it is for. Runs every check; " +
          "changes nothing.",
        tags,
        body: planRequestSchema,
        response: { 200: planSchema },
      },
    },
    async ({ principal, body }) => plans.plan(principal, body),
  );
}
