import { genericEventSchema } from "@sluice/core";
import type { FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { validatorCompiler } from "../http/validation.ts";
import { isFromSender } from "./signature.ts";
import { firingOf, inProject, triggerParams } from "./trigger.routes.ts";
import { firedView } from "./trigger.schema.ts";

/** What GitHub sends at most. */
const LARGEST = 26_214_400;

const BODIES = ["application/json", "application/x-www-form-urlencoded"];

/** Of the body only bytes are there yet; its schema is for the document. */
const bytesCompiler: FastifySchemaCompiler<z.ZodType> = (part) =>
  part.httpPart === "body" ? () => true : validatorCompiler(part);

/** Firing a trigger. The body is taken as bytes: they are what is signed, and they mean nothing before that is checked. */
export function fireRoutes(app: App, { fires }: Services): void {
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.setValidatorCompiler(bytesCompiler);
    scope.addContentTypeParser(BODIES, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.post(
      "/v1/triggers/:id/fire",
      {
        config: { isSigned: isFromSender, ownDeliveries: true },
        bodyLimit: LARGEST,
        schema: {
          operationId: "fireTrigger",
          summary: "Fire a trigger: a sender by its signature, a person by their token",
          description:
            "Senders: GitHub (`X-Hub-Signature-256`), GitLab (`X-Gitlab-Token`, or its signing token) and Standard Webhooks " +
            "(`webhook-signature`), by the trigger's id; the body is theirs. A person says in the body what the event " +
            "would say; filters do not apply to people. Each delivery starts something once, however often it comes; one that " +
            "failed or was ignored is looked at again. 202 says what came of it, `ignored` and `failed` included.",
          tags: ["Triggers"],
          security: [{ token: [] }, {}],
          params: triggerParams,
          querystring: z.strictObject(inProject),
          body: genericEventSchema.nullish(),
          response: { 202: firedView },
        },
      },
      async (request, reply) => {
        const { principal, params, query, headers } = request;
        const body: unknown = request.body;
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
        const key = headers["idempotency-key"];
        const { firing, duplicate } = isFromSender(request)
          ? await fires.fireSigned(params.id, { headers, body: bytes })
          : await fires.fireAs(principal, { ...query, ...params }, { body: bytes, delivery: deliveryOf(key) });
        return reply.code(202).send({ ...firingOf(firing), duplicate });
      },
    );
  });
}

/** Anything else than one readable key makes nothing repeatable. */
const deliveryOf = (key: string | string[] | undefined): string | null =>
  typeof key === "string" && /^[\x21-\x7e]{1,255}$/.test(key) ? key : null;
