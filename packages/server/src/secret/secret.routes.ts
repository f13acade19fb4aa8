import { nameSchema, secretNameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredSecret } from "./secret.store.ts";

const fields = {
  project: z.string(),
  name: z.string(),
  version: z.number().int().meta({ description: "Of the newest value; it grows with every rotation" }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
};
const secretView = z.object(fields).meta({ id: "Secret" });
const writtenView = z
  .object({
    ...fields,
    users: z.array(z.string()).meta({
      description:
        "Deployments with an earlier value. Each gets the new one by an update whose `config.secrets` names the secret",
    }),
  })
  .meta({ id: "WrittenSecret" });

const params = z.strictObject({ name: secretNameSchema });
const inProject = { project: nameSchema.optional() };
const querystring = z.strictObject(inProject);
const body = z
  .strictObject({ value: z.string().min(1).max(65_536) })
  .meta({ examples: [{ value: "the value, which is never shown again" }] });

const view = ({ createdAt, updatedAt, ...secret }: StoredSecret) => ({
  ...secret,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export function secretRoutes(app: App, { secrets }: Services): void {
  const tags = ["Secrets"];

  app.get(
    "/v1/secrets",
    {
      schema: {
        operationId: "listSecrets",
        summary: "List the names of a project's secrets; values are never shown",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(secretView) },
      },
    },
    async ({ principal, query }) => {
      const page = await secrets.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/secrets/:name",
    {
      schema: {
        operationId: "getSecret",
        summary: "When a secret was written, and by whom",
        tags,
        params,
        querystring,
        response: { 200: secretView },
      },
    },
    async ({ principal, params: { name }, query }) => view(await secrets.get(principal, { ...query, name })),
  );

  app.put(
    "/v1/secrets/:name",
    {
      schema: {
        operationId: "writeSecret",
        summary: "Write a secret, or rotate it",
        description:
          "Programs get it as the variable that a deployment's `config.secrets` binds to it. A revision keeps the value that was the newest " +
          "when it was made: a rotated secret is delivered by a rollout, and goes back with it.",
        tags,
        params,
        querystring,
        body,
        response: { 200: writtenView },
      },
    },
    async ({ principal, params: { name }, query, body: { value } }) => {
      const { secret, users } = await secrets.write(principal, { ...query, name }, value);
      return { ...view(secret), users };
    },
  );

  app.delete(
    "/v1/secrets/:name",
    {
      schema: {
        operationId: "deleteSecret",
        summary: "Delete a secret that no revision names",
        tags,
        params,
        querystring,
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params: { name }, query }, reply) => {
      await secrets.remove(principal, { ...query, name });
      return reply.code(204).send();
    },
  );
}
