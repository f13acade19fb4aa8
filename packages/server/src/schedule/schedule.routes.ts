import { type Instant, nameSchema, nextTicks, toIso } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { RUN_OUTCOMES, type StoredScheduleRun } from "./run.store.ts";
import { changeScheduleBody, newScheduleBody, scheduleRunView, scheduleView } from "./schedule.schema.ts";
import { shownSchedule } from "./schedule.service.ts";
import type { StoredSchedule } from "./schedule.store.ts";

const params = z.strictObject({ id: z.string().min(1).max(64).describe("`sch_…`, or the name.") });
const inProject = { project: nameSchema.optional().describe("Default: the token's own, else `default`.") };

/** Times to come that an answer shows. */
const SHOWN = 5;

export function scheduleRoutes(app: App, { schedules, clock }: Services): void {
  const tags = ["Schedules"];
  const one = { tags, params, querystring: z.strictObject(inProject) };

  app.get(
    "/v1/schedules",
    {
      schema: {
        operationId: "listSchedules",
        summary: "List schedules by name, with their next times",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(scheduleView) },
      },
    },
    async ({ principal, query }) => {
      const page = await schedules.list(principal, query);
      return { ...page, items: page.items.map((schedule) => view(schedule, clock())) };
    },
  );

  app.post(
    "/v1/schedules",
    {
      schema: {
        operationId: "createSchedule",
        summary: "Create a schedule",
        description:
          "Five cron fields in a time zone. Each time has one run, however many servers there are and whenever they stop. What it " +
          "starts is done by `schedule:<name>`, a deployer of the action's environment.",
        tags,
        body: newScheduleBody,
        response: { 201: scheduleView },
      },
    },
    async ({ principal, body }, reply) => {
      const { name, project, paused, ...spec } = body;
      return reply.code(201).send(view(await schedules.create(principal, { name, project, paused, spec }), clock()));
    },
  );

  app.get(
    "/v1/schedules/:id",
    { schema: { ...one, operationId: "getSchedule", summary: "Read a schedule", response: { 200: scheduleView } } },
    async ({ principal, params, query }) => view(await schedules.get(principal, { ...query, ...params }), clock()),
  );

  app.patch(
    "/v1/schedules/:id",
    {
      schema: {
        ...one,
        operationId: "updateSchedule",
        summary: "Change, pause or resume a schedule",
        body: changeScheduleBody,
        response: { 200: scheduleView },
      },
    },
    async ({ principal, params, query, body }) =>
      view(await schedules.update(principal, { ...query, ...params }, body), clock()),
  );

  app.delete(
    "/v1/schedules/:id",
    {
      schema: {
        ...one,
        operationId: "deleteSchedule",
        summary: "Delete a schedule and the history of its runs; what they started goes on",
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await schedules.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/schedules/:id/run",
    {
      schema: {
        ...one,
        operationId: "runSchedule",
        summary: "Begin a run now, also while the schedule is paused",
        body: z.strictObject({}).nullish(),
        response: { 202: scheduleRunView },
      },
    },
    async ({ principal, params, query }, reply) =>
      reply.code(202).send(runOf(await schedules.run(principal, { ...query, ...params }))),
  );

  app.get(
    "/v1/schedules/:id/runs",
    {
      schema: {
        ...one,
        operationId: "listScheduleRuns",
        summary: "List the runs of a schedule, newest first; those of the last 90 days",
        querystring: z.strictObject({ ...inProject, outcome: z.enum(RUN_OUTCOMES).optional(), ...pageQuery }),
        response: { 200: pageOf(scheduleRunView) },
      },
    },
    async ({ principal, params, query }) => {
      const { project, ...paging } = query;
      const page = await schedules.runs(principal, { project, ...params }, paging);
      return { ...page, items: page.items.map(runOf) };
    },
  );
}

const view = (stored: StoredSchedule, now: Instant) => {
  const { spec, environment: _environment, nextAt: _nextAt, createdAt, updatedAt, ...schedule } = stored;
  return {
    ...schedule,
    ...shownSchedule(spec),
    next: schedule.paused ? [] : nextTicks(spec, now, SHOWN).map(toIso),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
};

const runOf = ({ scheduleId, tick, startedAt, finishedAt, ...run }: StoredScheduleRun) => ({
  ...run,
  schedule: scheduleId,
  tick: tick?.toISOString() ?? null,
  startedAt: startedAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
});
