import { gateSchema, invalidField, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredGate } from "./gate.store.ts";

const example = {
  artifact: "greeter",
  environment: "production",
  kind: null,
  required: true,
  waitSeconds: 3_600,
  conditions: [
    { type: "eval_score", metric: "accuracy", dataset: "smoke", operator: "gte", threshold: 0.9 },
    { type: "latency", dataset: "smoke", threshold: 800 },
    { type: "custom", expression: "evaluations.smoke.sampleCount >= 100", required: false },
  ],
};

const times = { createdAt: "2026-11-21T10:00:00.000Z", updatedAt: "2026-11-21T10:00:00.000Z" };

const gateView = gateSchema
  .safeExtend({ name: z.string(), project: z.string(), createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() })
  .meta({ id: "Gate", examples: [{ name: "quality", project: "default", ...example, ...times }] });

/** What a GET answers may be put back as it is; times are the server's to set. */
const gateBody = gateSchema
  .safeExtend({
    name: nameSchema.optional(),
    project: nameSchema.optional(),
    createdAt: z.iso.datetime().optional(),
    updatedAt: z.iso.datetime().optional(),
  })
  .meta({ examples: [example] });

const newGateBody = gateSchema
  .safeExtend({ name: nameSchema, project: nameSchema.optional() })
  .meta({ examples: [{ name: "quality", ...example, artifact: null }] });

const params = z.strictObject({ name: nameSchema });
const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

const view = ({ spec, sealed: _sealed, createdAt, updatedAt, ...key }: StoredGate) => ({
  ...key,
  ...spec,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export function gateRoutes(app: App, { gates }: Services): void {
  const tags = ["Gates"];

  app.get(
    "/v1/gates",
    {
      schema: {
        operationId: "listGates",
        summary: "List gates by name",
        description: "With `artifact` or `environment`: those that are asked there, gates of every one included.",
        tags,
        querystring: z.strictObject({
          ...inProject,
          artifact: nameSchema.optional(),
          environment: nameSchema.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(gateView) },
      },
    },
    async ({ principal, query }) => {
      const page = await gates.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/gates",
    {
      schema: {
        operationId: "createGate",
        summary: "Create a gate",
        description: "Rollouts that wait at their gates are asked by it too.",
        tags,
        body: newGateBody,
        response: { 201: gateView },
      },
    },
    async ({ principal, body }, reply) => {
      const { name, project, ...spec } = body;
      return reply.code(201).send(view(await gates.create(principal, { name, project }, spec)));
    },
  );

  app.get(
    "/v1/gates/:name",
    {
      schema: {
        operationId: "getGate",
        summary: "Read a gate",
        description:
          "The values of a webhook's headers and the query of its address are not shown; what stands for them may be put back.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: gateView },
      },
    },
    async ({ principal, params, query }) => view(await gates.get(principal, { ...query, ...params })),
  );

  app.put(
    "/v1/gates/:name",
    {
      schema: {
        operationId: "putGate",
        summary: "Create a gate, or replace its specification",
        description: "Fields left out take their defaults. Rollouts that wait at their gates are asked by the new one.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        body: gateBody,
        response: { 200: gateView, 201: gateView },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const { name, project, createdAt: _created, updatedAt: _updated, ...spec } = body;
      if (name !== undefined && name !== params.name) {
        throw invalidField("name", name, `${params.name}, as in the path`);
      }
      if (project !== undefined && query.project !== undefined && project !== query.project) {
        throw invalidField("project", project, `${query.project}, as in the query`);
      }
      const key = { name: params.name, project: query.project ?? project };
      const { gate, created } = await gates.put(principal, key, spec);
      return reply.code(created ? 201 : 200).send(view(gate));
    },
  );

  app.delete(
    "/v1/gates/:name",
    {
      schema: {
        operationId: "deleteGate",
        summary: "Delete a gate; rollouts that wait at it go on without",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await gates.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );
}
