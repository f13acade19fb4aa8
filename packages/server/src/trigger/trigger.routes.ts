import { nameSchema } from "@sluice/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { FIRING_OUTCOMES, type StoredFiring } from "./firing.store.ts";
import {
  changeTriggerBody,
  firingView,
  newTriggerBody,
  newTriggerView,
  rotateBody,
  triggerView,
} from "./trigger.schema.ts";
import { shownSpec } from "./trigger.service.ts";
import type { StoredTrigger } from "./trigger.store.ts";

export const triggerParams = z.strictObject({
  id: z.string().min(1).max(64).describe("`trg_…`, or the name."),
});

export const inProject = {
  project: nameSchema.optional().describe("Default: the token's own, else `default`."),
};

/** How often deliveries that started nothing are forgotten, those that are old (ms). */
const SWEEP_EVERY = 3_600_000;

export const firingOf = ({ triggerId, digest: _digest, facts, at, ...firing }: StoredFiring) => ({
  ...firing,
  trigger: triggerId,
  source: facts,
  at: at.toISOString(),
});

export function triggerRoutes(app: App, { triggers }: Services): void {
  const tags = ["Triggers"];
  const one = { tags, params: triggerParams, querystring: z.strictObject(inProject) };

  app.get(
    "/v1/triggers",
    {
      schema: {
        operationId: "listTriggers",
        summary: "List triggers by name, without their secrets",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(triggerView) },
      },
    },
    async (request) => {
      const page = await triggers.list(request.principal, request.query);
      return { ...page, items: page.items.map((trigger) => view(request, trigger)) };
    },
  );

  app.post(
    "/v1/triggers",
    {
      config: { secretAnswer: true },
      schema: {
        operationId: "createTrigger",
        summary: "Create a trigger; its secret is in this answer only",
        description:
          "Let the sender's webhook go to `fireUrl`, as JSON, with the secret. GitHub: events push, create and release. " +
          "GitLab: the secret as token or as signing token, push, tag push and release events. Others sign as Standard " +
          "Webhooks has it. What it starts is done by `trigger:<name>`, a deployer of the action's environment.",
        tags,
        body: newTriggerBody,
        response: { 201: newTriggerView },
      },
    },
    async (request, reply) => {
      const { name, project, enabled, secret: given, ...spec } = request.body;
      const { trigger, secret } = await triggers.create(request.principal, {
        name,
        project,
        enabled,
        spec,
        secret: given,
      });
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...view(request, trigger), secret });
    },
  );

  app.get(
    "/v1/triggers/:id",
    { schema: { ...one, operationId: "getTrigger", summary: "Read a trigger", response: { 200: triggerView } } },
    async (request) => {
      const { principal, params, query } = request;
      return view(request, await triggers.get(principal, { ...query, ...params }));
    },
  );

  app.patch(
    "/v1/triggers/:id",
    {
      schema: {
        ...one,
        operationId: "updateTrigger",
        summary: "Change a trigger: whether it is enabled, its filters, its action",
        description: "Its source stays: the secret is of that kind.",
        body: changeTriggerBody,
        response: { 200: triggerView },
      },
    },
    async (request) => {
      const { principal, params, query, body } = request;
      return view(request, await triggers.update(principal, { ...query, ...params }, body));
    },
  );

  app.delete(
    "/v1/triggers/:id",
    {
      schema: {
        ...one,
        operationId: "deleteTrigger",
        summary: "Delete a trigger and the history of its firings",
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await triggers.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/triggers/:id/rotate",
    {
      config: { secretAnswer: true },
      schema: {
        ...one,
        operationId: "rotateTrigger",
        summary: "Give a trigger a new secret; it is in this answer only",
        body: rotateBody.nullish(),
        response: { 200: newTriggerView },
      },
    },
    async (request, reply) => {
      const { principal, params, query, body } = request;
      const { trigger, secret } = await triggers.rotate(
        principal,
        { ...query, ...params },
        body ?? { overlapSeconds: 0 },
      );
      return reply.header("cache-control", "no-store").send({ ...view(request, trigger), secret });
    },
  );

  app.get(
    "/v1/triggers/:id/firings",
    {
      schema: {
        ...one,
        operationId: "listFirings",
        summary: "List what came of a trigger's deliveries, newest first",
        description: "Those that started nothing are kept for 30 days, the others as long as the trigger.",
        querystring: z.strictObject({ ...inProject, outcome: z.enum(FIRING_OUTCOMES).optional(), ...pageQuery }),
        response: { 200: pageOf(firingView) },
      },
    },
    async ({ principal, params, query }) => {
      const { project, ...paging } = query;
      const page = await triggers.firings(principal, { project, ...params }, paging);
      return { ...page, items: page.items.map(firingOf) };
    },
  );

  const sweep = setInterval(
    () => triggers.forgetIdleFirings().catch((err: unknown) => app.log.warn({ err }, "old deliveries stay")),
    SWEEP_EVERY,
  );
  sweep.unref();
  app.addHook("onClose", async () => clearInterval(sweep));
}

function view(
  request: FastifyRequest,
  { spec, createdAt, updatedAt, environment: _environment, ...trigger }: StoredTrigger,
) {
  return {
    ...trigger,
    ...shownSpec(spec),
    fireUrl: `${request.protocol}://${request.host}/v1/triggers/${trigger.id}/fire`,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
