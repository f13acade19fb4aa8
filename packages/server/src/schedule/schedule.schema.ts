import { CONCURRENCY_POLICIES, MISSED_RUNS, nameSchema, scheduleActionSchema, scheduleSchema } from "@sluice/core";
import { z } from "zod";
import { RUN_OUTCOMES } from "./run.store.ts";

/** What the schedule endpoints read and answer. */

const example = {
  name: "nightly",
  schedule: "30 2 * * 1-5",
  timezone: "Europe/Berlin",
  action: {
    type: "promote",
    deployment: "greeter",
    environment: "staging",
    to: "production",
    strategy: { type: "canary" },
  },
  concurrency: "forbid",
};

export const newScheduleBody = scheduleSchema
  .safeExtend({ name: nameSchema, project: nameSchema.optional(), paused: z.boolean().default(false) })
  .meta({ id: "CreateSchedule", examples: [example] });

const { schedule, timezone, startingDeadlineSeconds, missedRuns } = scheduleSchema.shape;

export const changeScheduleBody = z
  .strictObject({
    description: z.string().max(1_000).optional(),
    paused: z.boolean().optional().describe("Times that pass meanwhile are not missed."),
    schedule: schedule.optional(),
    timezone: timezone.unwrap().optional(),
    action: scheduleActionSchema.optional().describe("As a whole."),
    startingDeadlineSeconds: startingDeadlineSeconds.unwrap().optional(),
    missedRuns: missedRuns.unwrap().optional(),
    concurrency: z.enum(CONCURRENCY_POLICIES).optional(),
  })
  .meta({ id: "ChangeSchedule", examples: [{ paused: true }] });

const times = { createdAt: "2026-11-21T10:00:00.000Z", updatedAt: "2026-11-21T10:00:00.000Z" };

export const scheduleView = z
  .object({
    id: z.string(),
    project: z.string(),
    name: z.string(),
    ...scheduleSchema.shape,
    paused: z.boolean(),
    next: z.array(z.iso.datetime()).describe("The next times; empty while paused."),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: "Schedule",
    examples: [
      {
        id: "sch_0199",
        project: "default",
        description: "",
        ...example,
        startingDeadlineSeconds: 300,
        missedRuns: MISSED_RUNS[0],
        paused: false,
        next: ["2026-11-24T01:30:00.000Z"],
        createdBy: "ops",
        ...times,
      },
    ],
  });

export const scheduleRunView = z
  .object({
    id: z.string(),
    schedule: z.string(),
    tick: z.iso.datetime().nullable().describe("The time that it is the run of; null for one that somebody asked for."),
    outcome: z
      .enum(RUN_OUTCOMES)
      .describe(
        "`running` is being done. `skipped`: an earlier one had not ended. `missed`: no server was there in time.",
      ),
    reason: z.string(),
    version: z.string().nullable(),
    rollouts: z.array(z.string()),
    run: z.string().nullable().describe("Of the workflow that was started, or the job."),
    actor: z.string(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({
    id: "ScheduleRun",
    examples: [
      {
        id: "srn_0199",
        schedule: "sch_0199",
        tick: "2026-11-24T01:30:00.000Z",
        outcome: "started",
        reason: "version 1.1.0 of greeter goes to production",
        version: "1.1.0",
        rollouts: ["rol_0199"],
        run: null,
        actor: "schedule:nightly",
        startedAt: "2026-11-24T01:30:00.012Z",
        finishedAt: "2026-11-24T01:30:00.012Z",
      },
    ],
  });
