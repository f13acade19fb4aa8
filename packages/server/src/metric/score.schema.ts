import { z } from "zod";

/** Scores of one request body. */
const MOST_SCORES = 1_000;

/** Scores of live answers of one revision. */
export const scoresSchema = z
  .strictObject({
    metric: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z][a-z0-9_-]*$/, "lower-case letters, digits, '_' and '-', beginning with a letter")
      .describe("Name of a metric of the strategy's `analysis` with source `evaluations` and no dataset."),
    revision: z
      .number()
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe("Which revision answered: the request's header `x-sluice-revision`."),
    version: z.string().min(1).max(255).optional().describe("Or its version, where that tells the revision."),
    scores: z
      .array(z.number().min(0).max(1))
      .min(1)
      .max(MOST_SCORES)
      .describe("From 0 to 1, more is better; each of another answer."),
  })
  .refine((body) => (body.revision === undefined) !== (body.version === undefined), {
    message: "the number of a revision, or `version` instead, and not both",
    path: ["revision"],
  })
  .meta({ examples: [{ metric: "quality", revision: 2, scores: [0.9, 0.75] }] });

export const scoreReceiptSchema = z.object({
  recorded: z.number().int().describe("Scores that were taken."),
  revision: z.number().int().describe("The revision that they are of."),
});

export type ScoresBody = z.output<typeof scoresSchema>;
export type ScoreReceipt = z.output<typeof scoreReceiptSchema>;
