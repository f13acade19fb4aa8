import { nameSchema } from "@sluice/core";
import { z } from "zod";
import { pageQuery } from "../http/page.ts";

/** Reports of one request. */
const MOST_REPORTS = 1_000;

const metricName = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9_-]*$/, "lower-case letters, digits, '_' and '-', beginning with a letter");

const target = {
  project: nameSchema.optional().describe("Default: the token's own, else `default`."),
  deployment: z.string().min(1).max(64).describe("Name of the prompt's deployment, or `dep_…`."),
  environment: nameSchema.optional().describe("Where several environments have a deployment of this name."),
};

const told = {
  revision: z
    .number()
    .int()
    .min(1)
    .max(2_147_483_647)
    .optional()
    .describe("Which revision answered, as the resolution said."),
  version: z.string().min(1).max(128).optional().describe("Or its version, where that tells the revision."),
  key: z.string().max(4_096).optional().describe("Or the targeting key: the version that it gets now is meant."),
  reason: z
    .enum(["SPLIT", "TARGETING_MATCH", "STATIC", "DEFAULT", "UNKNOWN"])
    .optional()
    .describe(
      "As the resolution said. Answers to a `TARGETING_MATCH` were not dealt by lot: they are kept and not compared.",
    ),
  id: z.string().min(1).max(255).optional().describe("Your own name for this report: the same one counts once."),
  score: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Quality from 0 to 1, more is better: short for `scores.quality`."),
  scores: z
    .record(metricName, z.number().min(0).max(1))
    .optional()
    .describe("Scores from 0 to 1 by the name of a metric with source `evaluations`."),
  error: z
    .boolean()
    .optional()
    .describe("Whether the answer failed. Report answers that did not, too: both are counted."),
  latencyMs: z.number().min(0).max(86_400_000).optional().describe("How long the answer took."),
  cost: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe(
      "What the answer cost; a metric named `cost` with source `evaluations` and judge `mann-whitney` compares it.",
    ),
  comment: z.string().min(1).max(4_096).optional().describe("For people."),
};

const SAYS = ["score", "scores", "error", "latencyMs", "cost", "comment"] as const;
const NAMES = ["revision", "version", "key"] as const;

type Told = { [Field in (typeof SAYS)[number] | (typeof NAMES)[number]]?: unknown };

const namesOneVersion = (report: Told): boolean => NAMES.filter((name) => report[name] !== undefined).length === 1;
const saysSomething = (report: Told): boolean => SAYS.some((field) => report[field] !== undefined);
const scoresOnce = ({ score, scores }: Told): boolean =>
  score === undefined || typeof scores !== "object" || scores === null || !("quality" in scores);

const WRONG = {
  names: { message: "exactly one of `revision`, `version` and `key`: which version answered", path: ["revision"] },
  says: { message: `at least one of ${SAYS.join(", ")}`, path: ["score"] },
  scores: { message: "nothing: `scores.quality` says it", path: ["score"] },
};

const reportSchema = z
  .strictObject(told)
  .refine(namesOneVersion, WRONG.names)
  .refine(saysSomething, WRONG.says)
  .refine(scoresOnce, WRONG.scores);

export const feedbackSchema = z
  .strictObject({ ...target, ...told })
  .refine(namesOneVersion, WRONG.names)
  .refine(saysSomething, WRONG.says)
  .refine(scoresOnce, WRONG.scores)
  .meta({
    examples: [
      { deployment: "greeting", environment: "production", revision: 2, score: 0.9, error: false, latencyMs: 840 },
    ],
  });

export const feedbackBatchSchema = z
  .strictObject({ ...target, reports: z.array(reportSchema).min(1).max(MOST_REPORTS) })
  .meta({
    examples: [
      {
        deployment: "greeting",
        environment: "production",
        reports: [
          { version: "1.1.0", score: 0.9, id: "answer-1" },
          { key: "user-7", error: true },
        ],
      },
    ],
  });

export const feedbackReceiptSchema = z
  .object({
    recorded: z.number().int().describe("Reports that were taken."),
    duplicates: z.number().int().describe("Reports whose `id` was seen before, in the last thirty days."),
  })
  .meta({ id: "FeedbackReceipt", examples: [{ recorded: 1, duplicates: 0 }] });

export const feedbackQuery = z.strictObject({
  project: target.project,
  deployment: z.string().min(1).max(64),
  environment: target.environment,
  revision: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  ...pageQuery,
});

export const feedbackView = z
  .object({
    id: z.string(),
    deployment: z.string(),
    revision: z.number().int(),
    version: z.string(),
    report: z.string().nullable().describe("The reporter's own name for it."),
    scores: z.record(z.string(), z.number()),
    error: z.boolean().nullable(),
    latencyMs: z.number().nullable(),
    cost: z.number().nullable(),
    comment: z.string().nullable(),
    receivedAt: z.iso.datetime(),
    reportedBy: z.string(),
  })
  .meta({ id: "Feedback" });

export type FeedbackReport = z.output<typeof reportSchema>;
export type FeedbackReceipt = z.output<typeof feedbackReceiptSchema>;
export type FeedbackView = z.output<typeof feedbackView>;
