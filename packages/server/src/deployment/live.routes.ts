import { Readable } from "node:stream";
import { type InstanceStatus, type Instant, type LogLine, SluiceError, toIso } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { NO_TIMEOUT, type SseMessage, sendEventStream } from "../http/sse.ts";
import { deploymentParams, deploymentQuery, nameOf, where } from "./deployment.http.ts";
import { deploymentMetricsSchema, instanceSchema } from "./deployment.schema.ts";
import { metricsView } from "./metrics.view.ts";

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));

const instanceView = (instance: InstanceStatus) => ({
  ...instance,
  startedAt: iso(instance.startedAt),
  readyAt: iso(instance.readyAt),
  usage: instance.usage ? { ...instance.usage, at: toIso(instance.usage.at) } : null,
});

const logQuery = z.strictObject({
  ...where,
  revision: z.coerce.number().int().min(1).optional(),
  instance: z.string().min(1).max(255).optional(),
  tail: z.coerce.number().int().min(0).max(100_000).default(100).describe("Lines from the end to begin with."),
  follow: z.stringbool({ truthy: ["true"], falsy: ["false"] }).default(false),
});

/** What the running system says of one deployment: instances, logs, traffic. */
export function deploymentLiveRoutes(app: App, { deployments, live }: Services): void {
  const tags = ["Deployments"];

  app.get(
    "/v1/deployments/:id/instances",
    {
      schema: {
        operationId: "listInstances",
        summary: "List the instances of every revision",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 200: z.object({ items: z.array(instanceSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal, params, query }) => {
      const { statuses } = await deployments.get(principal, nameOf(params, query));
      return { items: statuses.flatMap((status) => status.instances.map(instanceView)), nextCursor: null };
    },
  );

  app.get(
    "/v1/deployments/:id/metrics",
    {
      schema: {
        operationId: "getDeploymentMetrics",
        summary: "Read what the gateway counted, by revision",
        tags,
        params: deploymentParams,
        querystring: deploymentQuery,
        response: { 200: deploymentMetricsSchema },
      },
    },
    async ({ principal, params, query }) => {
      const { deployment, observed } = await deployments.get(principal, nameOf(params, query));
      return metricsView(deployment.id, observed);
    },
  );

  app.get(
    "/v1/deployments/:id/logs",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "readLogs",
        summary: "Read or follow what the instances print",
        description:
          "The last lines as text; with `follow=true`, Server-Sent Events whose `data` is `{instance, stream, text}`, " +
          "or endless text to `Accept: text/plain`.",
        tags,
        params: deploymentParams,
        querystring: logQuery,
        response: {
          200: {
            description: "Text, or a stream",
            content: { "text/plain": { schema: z.string() }, "text/event-stream": { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { principal, params, query } = request;
      const { deployment, revisions } = await deployments.get(principal, nameOf(params, query));
      const { revision, instance, tail, follow } = query;
      if (revision !== undefined && !revisions.has(revision)) {
        const present = [...revisions.keys()].sort((left, right) => left - right).join(", ");
        throw new SluiceError("not_found", `revision ${revision} has no instances; those that may have: ${present}`);
      }
      const wanted = { deployment: deployment.id, tail, follow, ...(revision !== undefined && { revision }) };
      const logs = (signal: AbortSignal) =>
        live.logs({ ...wanted, signal, ...(instance !== undefined && { instance }) });
      if (follow && !(request.headers.accept ?? "").includes("text/plain")) {
        return sendEventStream(request, reply, (signal) => messages(logs(signal)));
      }
      return sendText(request, reply, logs);
    },
  );
}

function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  logs: (signal: AbortSignal) => AsyncIterable<LogLine>,
): FastifyReply {
  const left = new AbortController();
  reply.raw.once("close", () => left.abort());
  const signal = AbortSignal.any([left.signal, request.server.stopping]);
  const text = Readable.from(lines(logs(signal)), { objectMode: false });
  return reply.header("cache-control", "no-store").type("text/plain; charset=utf-8").send(text);
}

async function* messages(logs: AsyncIterable<LogLine>): AsyncGenerator<SseMessage[]> {
  for await (const line of logs) yield [{ event: "log", data: line }];
}

async function* lines(logs: AsyncIterable<LogLine>): AsyncGenerator<string> {
  for await (const { instance, text } of logs) yield `${instance} ${text}\n`;
}
