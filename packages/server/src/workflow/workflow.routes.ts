import { invalidField, nameSchema, workflowSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredWorkflow } from "./workflow.store.ts";

const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };
const params = z.strictObject({ name: nameSchema });
const versionNumber = z.coerce.number().int().min(1).max(2_147_483_647);

const exampleSpec = {
  description: "Build, test, deploy to staging, and on to production when somebody says so",
  inputs: { version: { type: "string" as const, required: true } },
  stages: [
    {
      name: "build",
      run: {
        script: "npm ci && npm run build",
        checkout: { repository: "apps/greeter", ref: "{{commit}}" },
        artifacts: [{ name: "dist", paths: ["dist/**"] }],
      },
    },
    {
      name: "deploy",
      needs: ["build"],
      deploy: { artifact: "greeter", version: "{{inputs.version}}", environment: "staging" },
    },
    { name: "verify", needs: ["deploy"], verify: { checks: [{ url: "{{stages.deploy.outputs.url}}/healthz" }] } },
    {
      name: "production",
      needs: ["verify"],
      when: 'branch == "main"',
      approval: { approvers: 1 },
      promote: { deployment: "greeter", from: "staging", to: "production" },
    },
  ],
};

/** As it is stored, defaults filled in. Looser than what is taken: what was checked once is not checked again on its way out. */
const specView = z
  .looseObject({
    inputs: z.record(z.string(), z.looseObject({ type: z.string(), required: z.boolean(), secret: z.boolean() })),
    timeoutSeconds: z.number(),
    parallelism: z.number(),
    stages: z.array(z.looseObject({ name: z.string(), needs: z.array(z.string()) })),
  })
  .meta({ description: "As in the request, defaults filled in" });

const workflowView = z
  .object({
    name: z.string(),
    project: z.string(),
    version: z.number().int(),
    digest: z.string(),
    spec: specView,
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
  })
  .meta({ id: "Workflow" });

const specBody = workflowSchema.meta({ id: "WorkflowSpec", examples: [exampleSpec] });

const newBody = z
  .strictObject({ name: nameSchema, project: nameSchema.optional(), spec: specBody })
  .meta({ examples: [{ name: "release", spec: exampleSpec }] });

const putBody = z
  .strictObject({ name: nameSchema.optional(), project: nameSchema.optional(), spec: specBody })
  .meta({ examples: [{ spec: exampleSpec }] });

const view = ({ createdAt, ...workflow }: StoredWorkflow) => ({ ...workflow, createdAt: createdAt.toISOString() });

/** Workflows as people write them, and every version of them. */
export function workflowRoutes(app: App, { workflows }: Services): void {
  const tags = ["Workflows"];

  app.get(
    "/v1/workflows",
    {
      schema: {
        operationId: "listWorkflows",
        summary: "List workflows by name, each in its newest version",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(workflowView) },
      },
    },
    async ({ principal, query }) => {
      const page = await workflows.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/workflows",
    {
      schema: {
        operationId: "createWorkflow",
        summary: "Create a workflow",
        description: "Its content is version 1. Needs, conditions and templates are checked as a whole.",
        tags,
        body: newBody,
        response: { 201: workflowView },
      },
    },
    async ({ principal, body }, reply) => {
      const { name, project, spec } = body;
      return reply.code(201).send(view(await workflows.create(principal, { name, project }, spec)));
    },
  );

  app.get(
    "/v1/workflows/:name",
    {
      schema: {
        operationId: "getWorkflow",
        summary: "Read a workflow in its newest version",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: workflowView },
      },
    },
    async ({ principal, params, query }) => view(await workflows.get(principal, { ...query, ...params })),
  );

  app.put(
    "/v1/workflows/:name",
    {
      schema: {
        operationId: "putWorkflow",
        summary: "Create a workflow, or add a version to it",
        description: "The same content again adds nothing. Runs that have begun go on as they began.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        body: putBody,
        response: { 200: workflowView, 201: workflowView },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const { name, project, spec } = body;
      if (name !== undefined && name !== params.name)
        throw invalidField("name", name, `${params.name}, as in the path`);
      const key = { name: params.name, project: query.project ?? project };
      const { workflow, created } = await workflows.put(principal, key, spec);
      return reply.code(created ? 201 : 200).send(view(workflow));
    },
  );

  app.delete(
    "/v1/workflows/:name",
    {
      schema: {
        operationId: "deleteWorkflow",
        summary: "Delete a workflow with all its versions; its runs stay",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await workflows.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );

  app.get(
    "/v1/workflows/:name/versions",
    {
      schema: {
        operationId: "listWorkflowVersions",
        summary: "List the versions of a workflow, newest first",
        tags,
        params,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(workflowView) },
      },
    },
    async ({ principal, params, query }) => {
      const page = await workflows.versions(principal, { ...query, ...params });
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/workflows/:name/versions/:version",
    {
      schema: {
        operationId: "getWorkflowVersion",
        summary: "Read one version of a workflow",
        tags,
        params: z.strictObject({ name: nameSchema, version: versionNumber }),
        querystring: z.strictObject(inProject),
        response: { 200: workflowView },
      },
    },
    async ({ principal, params, query }) => view(await workflows.get(principal, { ...query, ...params })),
  );
}
