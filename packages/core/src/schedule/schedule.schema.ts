import { z } from "zod";
import { isTimeZone } from "../environment/environment.schema.ts";
import { scheduleActionSchema } from "../trigger-source/action.schema.ts";
import { isCron } from "./ticks.ts";

export const MISSED_RUNS = ["skip", "run-once"] as const;
export const CONCURRENCY_POLICIES = ["allow", "forbid", "replace"] as const;

/** When something is to happen, and what. `name`, `project` and `paused` stand beside it. */
export const scheduleSchema = z.strictObject({
  description: z.string().max(1_000).default(""),
  schedule: z
    .string()
    .max(255)
    .refine(isCron, "five cron fields that name a time: minute, hour, day of month, month, day of week")
    .describe("Five cron fields: minute, hour, day of month, month, day of week."),
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, "a time zone of the IANA database, such as UTC or Europe/Berlin")
    .default("UTC"),
  action: scheduleActionSchema,
  startingDeadlineSeconds: z
    .number()
    .int()
    .min(1)
    .max(604_800)
    .default(300)
    .describe("A run that could not begin so long after its time, because no server ran, is missed."),
  missedRuns: z.enum(MISSED_RUNS).default("skip").describe("`run-once`: one run makes up for all that were missed."),
  concurrency: z
    .enum(CONCURRENCY_POLICIES)
    .default("allow")
    .describe(
      "While what an earlier run started has not ended: start another, leave this one out, or end the earlier.",
    ),
});

export type ScheduleSpec = z.output<typeof scheduleSchema>;
