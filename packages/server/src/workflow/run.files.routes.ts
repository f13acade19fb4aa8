import { Readable } from "node:stream";
import { nameSchema } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { NO_TIMEOUT, prefersJson, type SseMessage, sendEventStream } from "../http/sse.ts";
import type { RunArtifact } from "./run.files.service.ts";
import type { RunLogLine } from "./run.logs.ts";

const params = z.strictObject({ id: z.string().min(1).max(64) });

export const logQuery = z.strictObject({
  stage: nameSchema.optional(),
  task: z.string().min(1).max(80).optional().meta({ description: "One combination of a stage's matrix" }),
  attempt: z.coerce.number().int().min(1).max(1_000).optional().meta({ description: "Default: the last one" }),
  follow: z.stringbool({ truthy: ["true"], falsy: ["false"] }).default(false),
});

export const logAnswer = {
  200: {
    description: "Text, or a stream",
    content: { "text/plain": { schema: z.string() }, "text/event-stream": { schema: z.string() } },
  },
};

const artifactView = z
  .object({
    id: z.string(),
    stage: z.string(),
    task: z.string(),
    attempt: z.number().int(),
    name: z.string(),
    path: z.string(),
    sizeBytes: z.number().int(),
    sha256: z.string(),
  })
  .meta({ id: "WorkflowArtifact" });

/** What runs leave behind: lines of output, and files. */
export function workflowFileRoutes(app: App, { workflows }: Services): void {
  const tags = ["Workflow runs"];

  app.get(
    "/v1/workflow-runs/:id/logs",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "readWorkflowLogs",
        summary: "Read or follow what a run's commands print",
        description:
          "Text; with `follow=true`, Server-Sent Events whose `data` is `{task, attempt, stream, text, at}` until the run has " +
          "ended, or text to `Accept: text/plain`. Secret inputs are blotted out.",
        tags,
        params,
        querystring: logQuery,
        response: logAnswer,
      },
    },
    async (request, reply) => {
      const { principal, params, query } = request;
      return sendLogs(request, reply, query.follow, await workflows.logs(principal, params.id, "workflow", query));
    },
  );

  app.get(
    "/v1/workflow-runs/:id/artifacts",
    {
      schema: {
        operationId: "listWorkflowArtifacts",
        summary: "List the files that a run's stages kept",
        tags,
        params,
        response: { 200: z.object({ items: z.array(artifactView), nextCursor: z.null() }) },
      },
    },
    async ({ principal, params }) => {
      const found = await workflows.artifacts(principal, params.id);
      return { items: found.map(({ run: _run, ...file }) => file), nextCursor: null };
    },
  );

  app.get(
    "/v1/workflow-runs/:id/artifacts/:artifact",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "downloadWorkflowArtifact",
        summary: "Download a file that a run's stage kept",
        description: "Its SHA-256 is the `ETag`.",
        tags,
        params: params.extend({ artifact: z.string().min(1).max(64) }),
        response: {
          200: { description: "The file", content: { "application/octet-stream": { schema: z.string() } } },
        },
      },
    },
    async ({ principal, params }, reply) => {
      const { file, content } = await workflows.artifact(principal, params.id, params.artifact);
      return sendFile(reply, file, content);
    },
  );
}

function sendFile(reply: FastifyReply, { path, sizeBytes, sha256 }: RunArtifact, content: Readable): FastifyReply {
  const name = encodeURIComponent(path.split("/").at(-1) ?? "artifact");
  return reply
    .header("content-length", sizeBytes)
    .header("content-disposition", `attachment; filename*=UTF-8''${name}`)
    .header("etag", `"${sha256}"`)
    .header("cache-control", "no-store")
    .type("application/octet-stream")
    .send(content);
}

/** Lines as text, or as events to those who follow. */
export function sendLogs(
  request: FastifyRequest,
  reply: FastifyReply,
  follow: boolean,
  logs: (signal: AbortSignal) => AsyncIterable<RunLogLine[]>,
): FastifyReply {
  if (follow && !prefersText(request)) return sendEventStream(request, reply, (signal) => messages(logs(signal)));
  const left = new AbortController();
  reply.raw.once("close", () => left.abort());
  const signal = AbortSignal.any([left.signal, request.server.stopping]);
  const text = Readable.from(lines(logs(signal)), { objectMode: false });
  return reply.header("cache-control", "no-store").type("text/plain; charset=utf-8").send(text);
}

const prefersText = (request: FastifyRequest): boolean =>
  (request.headers.accept ?? "").includes("text/plain") || prefersJson(request);

async function* messages(logs: AsyncIterable<RunLogLine[]>): AsyncGenerator<SseMessage[]> {
  for await (const batch of logs) yield batch.map((line) => ({ event: "log", data: line }));
}

async function* lines(logs: AsyncIterable<RunLogLine[]>): AsyncGenerator<string> {
  for await (const batch of logs) yield batch.map(({ task, text }) => `${task} ${text}\n`).join("");
}
