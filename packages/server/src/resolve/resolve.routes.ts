import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { CONTEXT_PREFIX, resolveBody, resolvedSchema, resolveParams, resolveQuery } from "./resolve.schema.ts";

/** Forever fresh, and only for whoever asked: another key may get another version. */
const CACHING = "private, no-cache";

/** Reading the version of a prompt that somebody gets. Plain reads are answered before Fastify where they can be: see `front.ts`. */
export function resolveRoutes(app: App, { resolves, resolveLimit }: Services): void {
  const tags = ["Prompts"];
  const config = { rateLimit: false, readsOnly: true } as const;

  app.get(
    "/v1/resolve/:deployment",
    {
      config,
      schema: {
        operationId: "resolvePrompt",
        summary: "Read the version of a prompt that somebody gets",
        description:
          "Sticky: the same `key` gets the same version while the weights stand, and keeps the candidate while its weight grows. " +
          "`ETag` is of the answer; `If-None-Match` answers 304.",
        tags,
        params: resolveParams,
        querystring: resolveQuery,
        response: { 200: resolvedSchema, 304: z.null().describe("What you have is what you get.") },
      },
    },
    async ({ principal, params, query, headers }, reply) => {
      resolveLimit.take(principal, reply);
      const { project, environment, key, ...rest } = query;
      const context = Object.fromEntries(
        Object.entries(rest).map(([name, value]) => [name.slice(CONTEXT_PREFIX.length), value]),
      );
      const name = { id: params.deployment, project, environment };
      const { prepared } = await resolves.resolve(principal, name, { key: key ?? null, context });
      reply.headers({ etag: prepared.etag, "cache-control": CACHING });
      if (headers["if-none-match"] === prepared.etag) return reply.code(304).send(null);
      return sendBytes(reply, prepared.body);
    },
  );

  app.post(
    "/v1/resolve/:deployment",
    {
      config,
      schema: {
        operationId: "renderPrompt",
        summary: "Read it with a context, or with its variables filled in",
        description: "Values are put in as they are and never looked at again: braces in a value stay braces.",
        tags,
        params: resolveParams,
        body: resolveBody,
        response: { 200: resolvedSchema },
      },
    },
    async ({ principal, params, body }, reply) => {
      resolveLimit.take(principal, reply);
      const { project, environment, key, context = {}, variables } = body;
      const name = { id: params.deployment, project, environment };
      const reader = { key: key ?? null, context };
      reply.header("cache-control", CACHING);
      if (variables !== undefined) {
        const rendered = await resolves.render(principal, name, reader, variables);
        return sendBytes(reply, Buffer.from(JSON.stringify(rendered)));
      }
      const { prepared } = await resolves.resolve(principal, name, reader);
      return sendBytes(reply.header("etag", prepared.etag), prepared.body);
    },
  );
}

/** An answer that is JSON already. */
export const sendBytes = (reply: FastifyReply, body: Buffer): FastifyReply =>
  reply.type("application/json; charset=utf-8").send(body);
