import { nameSchema, parseField } from "@sluice/core";
import { z } from "zod";
import type { App } from "../../../http/app.types.ts";
import { pageOf, pageQuery } from "../../../http/page.ts";
import type { Services } from "../../../http/services.ts";
import { NO_TIMEOUT } from "../../../http/sse.ts";
import { idParams, plainTime } from "../model.schema.ts";
import { batchBody, batchView } from "./batch.schema.ts";
import type { StoredBatch } from "./batch.store.ts";

const view = (batch: StoredBatch): z.input<typeof batchView> => ({
  id: batch.id,
  deployment_id: batch.deploymentId,
  status: batch.status,
  reason: batch.reason,
  input: batch.spec.input,
  output: batch.spec.output,
  format: batch.spec.format,
  lines: batch.lines,
  failed_lines: batch.failedLines,
  created_at: plainTime(batch.createdAt),
  started_at: batch.startedAt === null ? null : plainTime(batch.startedAt),
  finished_at: batch.finishedAt === null ? null : plainTime(batch.finishedAt),
  created_by: batch.createdBy,
});

export function batchRoutes(app: App, { models: { batches } }: Services): void {
  const tags = ["Models"];

  app.register(async (scope: App) => {
    scope.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
    scope.post(
      "/api/v1/batches",
      {
        config: { repeatable: true, slowBody: true },
        handlerTimeout: NO_TIMEOUT,
        schema: {
          operationId: "createBatch",
          summary: "Ask a model for every line of a file",
          description:
            "JSON with an `input` in the storage, or `multipart/form-data` with the same fields and then the file itself. " +
            "NDJSON has an instance a line; CSV has a line of names and then an instance a line, its cells in order.",
          tags,
          body: batchBody.nullish(),
          response: { 202: batchView },
        },
      },
      async ({ principal, body, headers, raw }, reply) => {
        const isForm = headers["content-type"]?.startsWith("multipart/form-data") === true;
        const batch = isForm
          ? await batches.createFromForm(principal, raw)
          : await batches.create(principal, parseField(batchBody, body ?? {}));
        return reply.code(202).send(view(batch));
      },
    );
  });

  app.get(
    "/api/v1/batches",
    {
      schema: {
        operationId: "listBatches",
        summary: "List jobs over files, newest first",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional(), ...pageQuery }),
        response: { 200: pageOf(batchView) },
      },
    },
    async ({ principal, query }) => {
      const page = await batches.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/api/v1/batches/:id",
    {
      schema: {
        operationId: "getBatch",
        summary: "Read a job over a file: its state and how far it is",
        tags,
        params: idParams,
        response: { 200: batchView },
      },
    },
    async ({ principal, params }) => view(await batches.get(principal, params.id)),
  );

  app.post(
    "/api/v1/batches/:id/cancel",
    {
      schema: {
        operationId: "cancelBatch",
        summary: "End a job over a file where it is",
        tags,
        params: idParams,
        response: { 200: batchView },
      },
    },
    async ({ principal, params }) => view(await batches.cancel(principal, params.id)),
  );

  app.get(
    "/api/v1/batches/:id/output",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "getBatchOutput",
        summary: "Read the results of a job: NDJSON, a line for each line of the input, in their order",
        tags,
        params: idParams,
      },
    },
    async ({ principal, params }, reply) =>
      reply.type("application/x-ndjson; charset=utf-8").send(await batches.output(principal, params.id)),
  );
}
