import { environmentSchema, invalidField, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredEnvironment } from "./environment.store.ts";

const example = {
  tier: "production",
  targets: [{ type: "process" }],
  validationLevel: "strict",
  monitoringLevel: "comprehensive",
  limits: { memoryMb: 2048, cpuCores: 2, storageGb: 100 },
  protection: {
    requiredApprovals: 1,
    fourEyes: true,
    freezeWindows: [{ schedule: "0 17 * * 5", durationMinutes: 3780, timezone: "UTC" }],
    requireSuccessIn: "staging",
    allowedStrategies: null,
    regions: null,
  },
};

const environmentView = environmentSchema
  .extend({
    name: z.string(),
    project: z.string(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: "Environment",
    examples: [
      {
        name: "production",
        project: "default",
        ...example,
        createdAt: "2026-11-21T10:00:00.000Z",
        updatedAt: "2026-11-21T10:00:00.000Z",
      },
    ],
  });

/** What a GET answers may be put back as it is; times are the server's to set. */
const environmentBody = environmentSchema
  .extend({
    name: nameSchema.optional(),
    project: nameSchema.optional(),
    createdAt: z.iso.datetime().optional(),
    updatedAt: z.iso.datetime().optional(),
  })
  .meta({ examples: [example] });

const params = z.strictObject({ name: nameSchema });
const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

const view = ({ spec, createdAt, updatedAt, ...key }: StoredEnvironment) => ({
  ...key,
  ...spec,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export function environmentRoutes(app: App, { environments }: Services): void {
  const tags = ["Environments"];

  app.get(
    "/v1/environments",
    {
      schema: {
        operationId: "listEnvironments",
        summary: "List environments by name",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(environmentView) },
      },
    },
    async ({ principal, query }) => {
      const page = await environments.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/environments/:name",
    {
      schema: {
        operationId: "getEnvironment",
        summary: "Read an environment",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: environmentView },
      },
    },
    async ({ principal, params, query }) => view(await environments.get(principal, { ...query, ...params })),
  );

  app.put(
    "/v1/environments/:name",
    {
      schema: {
        operationId: "putEnvironment",
        summary: "Create an environment, or replace its specification",
        description: "Fields left out take their defaults. Rollouts that have begun go on under what they began with.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        body: environmentBody,
        response: { 200: environmentView, 201: environmentView },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const { name, project, createdAt: _created, updatedAt: _updated, ...spec } = body;
      if (name !== undefined && name !== params.name)
        throw invalidField("name", name, `${params.name}, as in the path`);
      if (project !== undefined && query.project !== undefined && project !== query.project) {
        throw invalidField("project", project, `${query.project}, as in the query`);
      }
      const key = { name: params.name, project: query.project ?? project };
      const { environment, created } = await environments.put(principal, key, spec);
      return reply.code(created ? 201 : 200).send(view(environment));
    },
  );

  app.delete(
    "/v1/environments/:name",
    {
      schema: {
        operationId: "deleteEnvironment",
        summary: "Delete an environment that has no deployments",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await environments.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );
}
