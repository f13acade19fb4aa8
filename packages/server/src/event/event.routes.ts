import { setTimeout } from "node:timers/promises";
import { nameSchema } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { fromDatabase } from "../db/failure.ts";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { NO_TIMEOUT, prefersJson, type SseMessage, sendEventStream } from "../http/sse.ts";
import { BEGINNING, type EventFilter, isPosition, type StoredEvent } from "./event.reader.ts";
import type { EventService, Paging } from "./event.service.ts";

const eventView = z
  .object({
    id: z.string().meta({ description: "Send it as `Last-Event-ID` to go on after this event" }),
    project: z.string(),
    deployment: z.string().nullable(),
    rollout: z.string().nullable(),
    type: z.string().meta({ examples: ["rollout.phase.changed"] }),
    message: z.string(),
    alert: z.boolean().meta({ description: "Somebody should look at it" }),
    data: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  })
  .meta({ id: "Event" });

const view = ({ position, seq: _seq, at, ...event }: StoredEvent) => ({ id: position, ...event, at: at.toISOString() });

const headers = z.looseObject({
  "last-event-id": z
    .string()
    .refine(isPosition, "the id of an event of this server")
    .optional()
    .meta({ description: "Go on after this event" }),
});

const answers = {
  200: {
    description: "A list to `Accept: application/json`, a stream otherwise",
    content: {
      "application/json": { schema: pageOf(eventView) },
      "text/event-stream": { schema: z.string() },
    },
  },
};

const description =
  "Server-Sent Events whose `data` is an Event; `id` resumes through `Last-Event-ID`. " +
  "A page of the same, oldest first, to `Accept: application/json`.";

/** Milliseconds before a stream that lost the database looks again. */
const DATABASE_AWAY = 1_000;

export function eventRoutes(app: App, { events }: Services): void {
  const tags = ["Events"];

  app.get(
    "/v1/events",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "listEvents",
        summary: "Follow or list everything that happens and the caller may see",
        description: `${description} A stream without \`Last-Event-ID\` begins with what happens next.`,
        tags,
        headers,
        querystring: z.strictObject({
          project: nameSchema.optional(),
          deployment: z.string().max(64).optional().meta({ description: "Id of a deployment" }),
          type: z.string().max(255).optional(),
          alert: z.stringbool({ truthy: ["true"], falsy: ["false"] }).optional(),
          ...pageQuery,
        }),
        response: answers,
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...query } = request.query;
      const filter = events.filterOf(request.principal, query);
      const from = request.headers["last-event-id"] ?? (prefersJson(request) ? BEGINNING : await events.end());
      return answer(events, { request, reply, filter, from, paging: { limit, cursor } });
    },
  );

  app.get(
    "/v1/rollouts/:id/events",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "listRolloutEvents",
        summary: "Follow or list what happens in a rollout",
        description: `${description} A stream without \`Last-Event-ID\` begins with the rollout's first event.`,
        tags,
        headers,
        params: z.strictObject({ id: z.string().max(64) }),
        querystring: z.strictObject(pageQuery),
        response: answers,
      },
    },
    async (request, reply) => {
      const filter = await events.filterOfRollout(request.principal, request.params.id);
      const from = request.headers["last-event-id"] ?? BEGINNING;
      return answer(events, { request, reply, filter, from, paging: request.query });
    },
  );

  app.get(
    "/v1/workflow-runs/:id/events",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "listWorkflowRunEvents",
        summary: "Follow or list what happens in a run of a workflow, or in a job",
        description: `${description} A stream without \`Last-Event-ID\` begins with the run's first event.`,
        tags,
        headers,
        params: z.strictObject({ id: z.string().max(64) }),
        querystring: z.strictObject(pageQuery),
        response: answers,
      },
    },
    async (request, reply) => {
      const filter = await events.filterOfRun(request.principal, request.params.id);
      const from = request.headers["last-event-id"] ?? BEGINNING;
      return answer(events, { request, reply, filter, from, paging: request.query });
    },
  );
}

interface Asked {
  request: FastifyRequest;
  reply: FastifyReply;
  filter: EventFilter;
  from: string;
  paging: Paging;
}

async function answer(events: EventService, { request, reply, filter, from, paging }: Asked): Promise<FastifyReply> {
  if (prefersJson(request)) {
    const page = await events.list(filter, paging);
    return reply.type("application/json").send({ ...page, items: page.items.map(view) });
  }
  return sendEventStream(request, reply, (signal) => messages(events, filter, from, signal));
}

/** The stream stays open while the database is away: browsers do not come back after an answer that is an error. */
async function* messages(
  events: EventService,
  filter: EventFilter,
  from: string,
  signal: AbortSignal,
): AsyncGenerator<SseMessage[]> {
  for (let position = from; !signal.aborted; ) {
    try {
      for await (const batch of events.follow(filter, position, signal)) {
        yield batch.map((event) => ({ id: event.position, event: event.type, data: view(event) }));
        position = batch.at(-1)?.position ?? position;
      }
    } catch (error) {
      if (fromDatabase(error)?.code !== "unavailable") throw error;
      await setTimeout(DATABASE_AWAY, undefined, { signal }).catch(() => undefined);
    }
  }
}
