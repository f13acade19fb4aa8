import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { ofrepFailure, sendFailure } from "./ofrep.errors.ts";
import {
  bulkFailure,
  bulkSuccess,
  evaluationBody,
  evaluationFailure,
  evaluationSuccess,
  flagNotFound,
  flagParams,
  ofrepHeaders,
  ofrepQuery,
  whereOf,
} from "./ofrep.schema.ts";
import { etagOf } from "./prepared.ts";
import { sendBytes } from "./resolve.routes.ts";
import type { Bulk } from "./resolve.service.ts";

/** Prompts as flags of OpenFeature: any provider of OFREP reads them. */
export function ofrepRoutes(app: App, { resolves, resolveLimit }: Services): void {
  const common = { config: { rateLimit: false as const, readsOnly: true }, errorHandler: sendFailure };
  const described = { tags: ["OFREP"], headers: ofrepHeaders, querystring: ofrepQuery, body: evaluationBody };

  app.post(
    "/ofrep/v1/evaluate/flags/:key",
    {
      ...common,
      schema: {
        ...described,
        operationId: "evaluateFlag",
        summary: "Evaluate one prompt as a flag",
        description:
          "The value is an object: the prompt as it stands, its variables not filled in. Without a `targetingKey` the weights " +
          "are drawn by lot at every evaluation.",
        params: flagParams,
        response: { 200: evaluationSuccess, 400: evaluationFailure, 404: flagNotFound },
      },
    },
    async ({ principal, params, query, headers, body }, reply) => {
      resolveLimit.take(principal, reply);
      const { targetingKey: key = null, ...context } = body.context;
      const name = { id: params.key, ...whereOf(query, headers) };
      const { prepared } = await resolves.resolve(principal, name, { key, context });
      return sendBytes(reply, prepared.flag);
    },
  );

  app.post(
    "/ofrep/v1/evaluate/flags",
    {
      ...common,
      schema: {
        ...described,
        operationId: "evaluateFlags",
        summary: "Evaluate every prompt of an environment",
        description:
          "`ETag` is of all answers together; `If-None-Match` answers 304. A prompt that is dealt by weight needs a `targetingKey` here: " +
          "what is kept must not be drawn by lot.",
        response: { 200: bulkSuccess, 304: z.null().describe("What you have is what you get."), 400: bulkFailure },
      },
    },
    async ({ principal, query, headers, body }, reply) => {
      resolveLimit.take(principal, reply);
      const { targetingKey: key = null, ...context } = body.context;
      const bulk = await resolves.resolveAll(principal, whereOf(query, headers), { key, context });
      const flags = bulk.prompts.map(flagOf);
      const etag = etagOf(...flags);
      reply.header("etag", etag);
      if (headers["if-none-match"] === etag) return reply.code(304).send(null);
      bulk.count();
      return sendBytes(reply, Buffer.concat([...listed(flags)]));
    },
  );
}

function flagOf(prompt: Bulk["prompts"][number]): Buffer {
  if ("dealt" in prompt) return prompt.dealt.prepared.flag;
  const { status: _status, ...failure } = ofrepFailure(prompt.error);
  // Of the flags in a list none is missing: what cannot be evaluated has failed.
  const errorCode = failure.errorCode === "FLAG_NOT_FOUND" ? "GENERAL" : failure.errorCode;
  return Buffer.from(JSON.stringify({ key: prompt.record.route.name, ...failure, errorCode }));
}

/** The flags are JSON already, and only put together. */
function* listed(flags: readonly Buffer[]): Generator<Buffer> {
  yield Buffer.from('{"flags":[');
  for (const [index, flag] of flags.entries()) {
    if (index > 0) yield Buffer.from(",");
    yield flag;
  }
  yield Buffer.from('],"metadata":{}}');
}
