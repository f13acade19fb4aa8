import { ARTIFACT_KINDS, DEPLOYMENT_STATUSES, environmentSchema, isTimeZone, nameSchema, PHASES } from "@sluice/core";
import { z } from "zod";

const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

export const overviewQuery = z.strictObject(inProject);

/** One deployment of the matrix. */
const placedSchema = z.object({
  id: z.string(),
  name: z.string(),
  artifact: z.string(),
  environment: z.string(),
  version: z.string().nullable().describe("What serves; null before the first rollout has completed."),
  status: z
    .enum(DEPLOYMENT_STATUSES)
    .describe("From what is stored: whether its instances are well, the deployment itself says."),
  rollout: z
    .object({
      id: z.string(),
      phase: z.enum(PHASES),
      paused: z.boolean(),
      weight: z.number().min(0).max(100).describe("Percent of the traffic that the candidate is to have now."),
      toVersion: z.string(),
    })
    .nullable()
    .describe("What moves it now."),
});

export const overviewSchema = z
  .object({
    project: z.string(),
    environments: z
      .array(z.object({ name: z.string(), tier: environmentSchema.shape.tier }))
      .describe("From development to production and disaster recovery, custom ones last."),
    artifacts: z
      .array(z.object({ name: z.string(), kind: z.enum(ARTIFACT_KINDS) }))
      .describe("Those with deployments, by name."),
    deployments: z.array(placedSchema).describe("By artifact, environment and name."),
    complete: z.boolean().describe("False where the project has more deployments than are answered."),
  })
  .meta({ id: "Overview" });

export type OverviewView = z.output<typeof overviewSchema>;

export const WINDOWS = ["7", "30", "90"] as const;

export const insightsQuery = z.strictObject({
  ...inProject,
  days: z.enum(WINDOWS).default("30").describe("How far back, today included."),
  timezone: z
    .string()
    .max(64)
    .refine(isTimeZone, "a time zone of the IANA database, such as UTC or Europe/Berlin")
    .default("UTC")
    .describe("Where a day begins and ends."),
});

/** What the four measures are, in the words that API, command line and console show. */
export const DEFINITIONS = {
  deploymentFrequency:
    "Rollouts that completed in environments of tier production, a day; rollbacks do not count, and what was rolled back later does.",
  leadTime:
    "From the creation of a version to the moment when all callers in production had it, the first time at each deployment; the median.",
  changeFailureRate:
    "Of the rollouts to production that ended after callers had begun to reach the new version: the share that failed, was rolled back, or was rolled back later.",
  timeToRestore:
    "Of those failures: from the first harm that was noted, or the beginning of the way back, until all callers had the version before again; the median.",
} as const;

const measure = <Shape extends z.ZodRawShape>(definition: string, shape: Shape) =>
  z.object({ ...shape, definition: z.string().describe("What is measured, in a sentence.") }).describe(definition);

const count = z.number().int().min(0);

export const insightsSchema = z
  .object({
    project: z.string(),
    days: z.number().int(),
    timezone: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    rollouts: z
      .array(
        z.object({
          day: z.iso.date(),
          completed: count,
          rolledBack: count,
          failed: count.describe("Or stopped by a gate."),
          cancelled: count,
          superseded: count,
        }),
      )
      .describe("Those that ended, in every environment, by the day of their end; oldest first."),
    deploymentFrequency: measure(DEFINITIONS.deploymentFrequency, {
      perDay: z.number().nullable().describe("Null where the project has no environment of tier production."),
      completed: count,
    }),
    leadTime: measure(DEFINITIONS.leadTime, {
      medianSeconds: z.number().nullable().describe("Null where nothing counts."),
      versions: count,
    }),
    changeFailureRate: measure(DEFINITIONS.changeFailureRate, {
      rate: z.number().min(0).max(1).nullable().describe("Null where nothing counts."),
      failures: count,
      changes: count,
    }),
    timeToRestore: measure(DEFINITIONS.timeToRestore, {
      medianSeconds: z.number().nullable().describe("Null where nothing counts."),
      restored: count,
    }),
    complete: z.boolean().describe("False where more ended than are counted: then the newest are."),
  })
  .meta({ id: "Insights" });

export type InsightsView = z.output<typeof insightsSchema>;
