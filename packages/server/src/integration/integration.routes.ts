import { DELIVERY_STATUSES, integrationSchema, invalidField, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { isoOf } from "../notification/context.store.ts";
import { deliveryView, viewOfDelivery } from "../notification/notification.schema.ts";
import type { StoredIntegration } from "./integration.store.ts";

const example = {
  kinds: ["agent"],
  environments: ["production"],
  required: true,
  health: { type: "http", address: "127.0.0.1:8200", path: "/health" },
  webhook: { url: "http://127.0.0.1:8200/hooks/sluice" },
};

const key = { name: z.string(), project: z.string() };
const times = { createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() };

const integrationView = integrationSchema.safeExtend({ ...key, ...times }).meta({ id: "Integration" });

const putView = integrationSchema
  .safeExtend({
    ...key,
    ...times,
    secret: z
      .string()
      .optional()
      .meta({ description: "The key that its messages are signed with, when one was made: shown now and never again" }),
  })
  .meta({ id: "PutIntegration" });

/** What a GET answers may be put back as it is. */
const integrationBody = integrationSchema
  .safeExtend({
    name: nameSchema.optional(),
    project: nameSchema.optional(),
    createdAt: z.iso.datetime().optional(),
    updatedAt: z.iso.datetime().optional(),
  })
  .meta({ examples: [example] });

const registrationView = z
  .object({
    state: z.enum(["registered", "deregistered"]),
    project: z.string(),
    environment: z.string(),
    deployment: z.object({ id: z.string(), name: z.string() }),
    kind: z.string(),
    artifact: z.string(),
    version: z.string(),
    revision: z.int(),
    rollout: z.string().nullable(),
    path: z.string().nullable().meta({ description: "Where callers reach it on the gateway" }),
    reason: z.string(),
    at: z.iso.datetime(),
  })
  .meta({ id: "Registration" });

const params = z.strictObject({ name: nameSchema });
const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

const view = ({ name, project, spec, createdAt, updatedAt }: StoredIntegration) => ({
  ...spec,
  name,
  project,
  createdAt: isoOf(createdAt),
  updatedAt: isoOf(updatedAt),
});

export function integrationRoutes(app: App, { integrations }: Services): void {
  const tags = ["Integrations"];

  app.get(
    "/v1/integrations",
    {
      schema: {
        operationId: "listIntegrations",
        summary: "List the services around deployments by name",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(integrationView) },
      },
    },
    async ({ principal, query }) => {
      const page = await integrations.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/integrations/:name",
    {
      schema: {
        operationId: "getIntegration",
        summary: "Read an integration",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: integrationView },
      },
    },
    async ({ principal, params, query }) => view(await integrations.get(principal, { ...query, ...params })),
  );

  app.put(
    "/v1/integrations/:name",
    {
      config: { secretAnswer: true },
      schema: {
        operationId: "putIntegration",
        summary: "Declare a service that deployments need, or that is told of them",
        description:
          "Validation asks its `health`; its `webhook` is told of registrations, `<kind>.registered` and `<kind>.deregistered`, as signed CloudEvents. Needs the role admin.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        body: integrationBody,
        response: { 200: putView, 201: putView },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const { name, project, createdAt: _created, updatedAt: _updated, ...spec } = body;
      if (name !== undefined && name !== params.name)
        throw invalidField("name", name, `${params.name}, as in the path`);
      if (project !== undefined && query.project !== undefined && project !== query.project) {
        throw invalidField("project", project, `${query.project}, as in the query`);
      }
      const asked = { name: params.name, project: query.project ?? project };
      const { integration, created, signingKey } = await integrations.put(principal, asked, spec);
      return reply
        .code(created ? 201 : 200)
        .header("cache-control", "no-store")
        .send({ ...view(integration), ...(signingKey !== null && { secret: signingKey }) });
    },
  );

  app.delete(
    "/v1/integrations/:name",
    {
      schema: {
        operationId: "deleteIntegration",
        summary: "Forget an integration, and what is on its way to it",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await integrations.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );

  app.get(
    "/v1/integrations/:name/registrations",
    {
      schema: {
        operationId: "listRegistrations",
        summary: "List what the service was told that serves",
        tags,
        params,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(registrationView) },
      },
    },
    async ({ principal, params, query: { project, ...paging } }) =>
      integrations.registrations(principal, { ...params, project }, paging),
  );

  app.get(
    "/v1/integrations/:name/deliveries",
    {
      schema: {
        operationId: "listIntegrationDeliveries",
        summary: "List the messages to a service, newest first, with what became of them",
        tags,
        params,
        querystring: z.strictObject({ ...inProject, status: z.enum(DELIVERY_STATUSES).optional(), ...pageQuery }),
        response: { 200: pageOf(deliveryView) },
      },
    },
    async ({ principal, params, query: { project, ...paging } }) => {
      const page = await integrations.deliveries(principal, { ...params, project }, paging);
      return { ...page, items: page.items.map(viewOfDelivery) };
    },
  );

  app.post(
    "/v1/integrations/:name/deliveries/:delivery/redeliver",
    {
      schema: {
        operationId: "redeliverToIntegration",
        summary: "Send a message to a service once more, under its own id",
        tags,
        params: params.safeExtend({ delivery: z.string().max(64) }),
        querystring: z.strictObject(inProject),
        response: { 202: deliveryView },
      },
    },
    async ({ principal, params: { name, delivery }, query }, reply) =>
      reply.code(202).send(viewOfDelivery(await integrations.redeliver(principal, { ...query, name }, delivery))),
  );
}
