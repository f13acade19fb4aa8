import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { ROLES } from "./principal.ts";
import type { StoredToken } from "./token.store.ts";

const fields = {
  id: z.string(),
  project: z.string().nullable().meta({ description: "Null: every project" }),
  name: z.string(),
  role: z.enum(ROLES),
  environment: z.string().nullable().meta({ description: "Null: every environment of the project" }),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable().meta({ description: "To the minute" }),
  revokedAt: z.iso.datetime().nullable(),
};

const tokenView = z.object(fields).meta({ id: "Token" });
const newTokenView = z
  .object({ ...fields, token: z.string().meta({ description: "The secret. It is shown now and never again" }) })
  .meta({ id: "NewToken" });

const tokenBody = z
  .strictObject({
    project: nameSchema.optional(),
    name: z.string().min(1).max(100),
    role: z.enum(ROLES),
    environment: nameSchema.nullable().default(null),
    expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
  })
  .meta({ examples: [{ name: "ci", role: "deployer", environment: "staging", expiresAt: "2027-01-01T00:00:00Z" }] });

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;

const view = (token: StoredToken) => ({
  id: token.id,
  project: token.project,
  name: token.name,
  role: token.role,
  environment: token.environment,
  createdAt: token.created_at.toISOString(),
  createdBy: token.created_by,
  expiresAt: iso(token.expires_at),
  lastUsedAt: iso(token.last_used_at),
  revokedAt: iso(token.revoked_at),
});

export function tokenRoutes(app: App, { tokens }: Services): void {
  const tags = ["Tokens"];

  app.get(
    "/v1/tokens",
    {
      schema: {
        operationId: "listTokens",
        summary: "List API tokens, without their secrets",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional(), ...pageQuery }),
        response: { 200: pageOf(tokenView) },
      },
    },
    async ({ principal, query }) => {
      const page = await tokens.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/tokens",
    {
      config: { secretAnswer: true },
      schema: {
        operationId: "createToken",
        summary: "Create an API token; its secret is in this answer only",
        tags,
        body: tokenBody,
        response: { 201: newTokenView },
      },
    },
    async ({ principal, body }, reply) => {
      const { token, secret } = await tokens.create(principal, body);
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...view(token), token: secret });
    },
  );

  app.delete(
    "/v1/tokens/:id",
    {
      schema: {
        operationId: "revokeToken",
        summary: "Revoke an API token at once",
        tags,
        params: z.strictObject({ id: z.string().max(64) }),
        response: { 200: tokenView },
      },
    },
    async ({ principal, params }) => view(await tokens.revoke(principal, params.id)),
  );
}
