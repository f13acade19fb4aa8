import { Readable } from "node:stream";
import { type LogLine, type LogQuery, SluiceError, toIso } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { merged } from "../fleet/merged.logs.ts";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { NO_TIMEOUT, type SseMessage, sendEventStream } from "../http/sse.ts";
import { deploymentParams, nameOf, where } from "./deployment.http.ts";
import { idOfPlaces, type PartPlaces, placesOfId } from "./log.places.ts";

const flag = z.stringbool({ truthy: ["true"], falsy: ["false"] }).default(false);

const logQuery = z.strictObject({
  ...where,
  revision: z.coerce.number().int().min(1).optional(),
  instance: z.string().min(1).max(255).optional(),
  tail: z.coerce.number().int().min(0).max(100_000).default(100).describe("Lines from the end to begin with."),
  follow: flag,
  timestamps: flag.describe("Of text: begin each line with its time, or `-` where nobody knows it."),
});

const headers = z.looseObject({
  "last-event-id": z
    .string()
    .refine((id) => placesOfId(id) !== null, "the id of a line of these logs")
    .optional()
    .meta({ description: "Go on behind this line instead of beginning with a tail" }),
});

/** A line, and which part of the deployment it is of. */
interface Said {
  part: string;
  line: LogLine;
}

type Logs = (signal: AbortSignal) => AsyncIterable<Said>;

/** What the instances of a deployment print. */
export function deploymentLogRoutes(app: App, { deployments, live }: Services): void {
  app.get(
    "/v1/deployments/:id/logs",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "readLogs",
        summary: "Read or follow what the instances print",
        description:
          "The last lines as text; with `follow=true`, Server-Sent Events, or endless text to `Accept: text/plain`. " +
          "The `data` of an event `log` is `{instance, stream, text, at}`: `at` is when the line was printed, as the daemon or " +
          "cluster has it; a program on the server's own machine writes its file by itself, there it is when the line was first " +
          "seen, less than a second later. It is null where nobody looked, as while the server was down. The `id` resumes " +
          "through `Last-Event-ID`: what comes is what was printed since, each line once. Lines of more than some hundred " +
          "streams at once have none. An event `end` says that nothing runs that could print.",
        tags: ["Deployments"],
        headers,
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
      const { deployment, revisions, members } = await deployments.get(principal, nameOf(params, query));
      const { revision, instance, tail, follow, timestamps } = query;
      if (revision !== undefined && !revisions.has(revision)) {
        const present = [...revisions.keys()].sort((left, right) => left - right).join(", ");
        throw new SluiceError("not_found", `revision ${revision} has no instances; those that may have: ${present}`);
      }
      const wanted = { tail, follow, ...(revision !== undefined && { revision }), ...(instance && { instance }) };
      const parts = deployment.fleet === null ? [deployment.id] : members.map((member) => member.deployment.id);
      const places = placesOfId(request.headers["last-event-id"] ?? "") ?? new Map<string, string>();
      const logs: Logs = (signal) =>
        merged(
          parts.map((part) => {
            const from = places.get(part);
            const own: LogQuery = { ...wanted, deployment: part, signal, ...(from !== undefined && { from }) };
            return saidBy(part, live.logs(own));
          }),
        );
      if (follow && !(request.headers.accept ?? "").includes("text/plain")) {
        return sendEventStream(request, reply, (signal) => messages(logs(signal), places, signal));
      }
      return sendText(request, reply, { logs, timestamps });
    },
  );
}

async function* saidBy(part: string, lines: AsyncIterable<LogLine>): AsyncGenerator<Said> {
  for await (const line of lines) yield { part, line };
}

function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  { logs, timestamps }: { logs: Logs; timestamps: boolean },
): FastifyReply {
  const left = new AbortController();
  reply.raw.once("close", () => left.abort());
  const signal = AbortSignal.any([left.signal, request.server.stopping]);
  const text = Readable.from(lines(logs(signal), timestamps), { objectMode: false });
  return reply.header("cache-control", "no-store").type("text/plain; charset=utf-8").send(text);
}

async function* messages(
  logs: AsyncIterable<Said>,
  from: PartPlaces,
  signal: AbortSignal,
): AsyncGenerator<SseMessage[]> {
  const places = new Map(from);
  for await (const { part, line } of logs) {
    const { next, ...said } = line;
    if (next !== undefined) places.set(part, next);
    yield [
      {
        ...(next !== undefined && { id: idOfPlaces(places) }),
        event: "log",
        data: { ...said, at: iso(said.at) },
      },
    ];
  }
  // A server that stops breaks off: whoever followed comes back.
  if (!signal.aborted) yield [{ event: "end", data: {} }];
}

async function* lines(logs: AsyncIterable<Said>, timestamps: boolean): AsyncGenerator<string> {
  for await (const { line } of logs) {
    const { at, instance, text } = line;
    yield `${timestamps ? `${iso(at) ?? "-"} ` : ""}${instance} ${text}\n`;
  }
}

const iso = (at: number | null): string | null => (at === null ? null : toIso(at));
