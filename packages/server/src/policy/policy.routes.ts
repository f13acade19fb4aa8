import { nameSchema, policySchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredPolicy } from "./policy.store.ts";

const times = { createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() };
const policyView = policySchema.extend({ name: z.string(), project: z.string(), ...times }).meta({ id: "Policy" });
const body = policySchema.meta({
  examples: [
    {
      description: "images come with a digest",
      environment: "production",
      expression: '!has(version.spec.image) || version.spec.image.contains("@sha256:")',
      severity: "critical",
    },
  ],
});
const params = z.strictObject({ name: nameSchema });
const inProject = { project: nameSchema.optional() };
const querystring = z.strictObject(inProject);

const view = ({ createdAt, updatedAt, ...policy }: StoredPolicy) => ({
  ...policy,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export function policyRoutes(app: App, { policies }: Services): void {
  const tags = ["Policies"];

  app.get(
    "/v1/policies",
    {
      schema: {
        operationId: "listPolicies",
        summary: "List a project's policies by name",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(policyView) },
      },
    },
    async ({ principal, query }) => {
      const page = await policies.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/policies/:name",
    {
      schema: {
        operationId: "getPolicy",
        summary: "Read a policy",
        tags,
        params,
        querystring,
        response: { 200: policyView },
      },
    },
    async ({ principal, params: { name }, query }) => view(await policies.get(principal, { ...query, name })),
  );

  app.put(
    "/v1/policies/:name",
    {
      schema: {
        operationId: "putPolicy",
        summary: "Create or replace a policy: a rule in CEL that candidates must meet",
        description:
          "Validation asks every policy that reaches a candidate. Its expression speaks of `version`, `config`, `strategy`, `environment`, " +
          "`routed` and `route`; of environment variables only the names.",
        tags,
        params,
        querystring,
        body,
        response: { 200: policyView, 201: policyView },
      },
    },
    async ({ principal, params: { name }, query, body: spec }, reply) => {
      const { policy, created } = await policies.put(principal, { ...query, name }, spec);
      return reply.code(created ? 201 : 200).send(view(policy));
    },
  );

  app.delete(
    "/v1/policies/:name",
    {
      schema: {
        operationId: "deletePolicy",
        summary: "Delete a policy",
        tags,
        params,
        querystring,
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params: { name }, query }, reply) => {
      await policies.remove(principal, { ...query, name });
      return reply.code(204).send();
    },
  );
}
