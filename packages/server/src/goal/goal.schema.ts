import { z } from "zod";

/** One report that requests answered by a revision came to a goal. */
export const goalEventSchema = z
  .strictObject({
    goal: z.string().min(1).max(255).describe("As in the strategy's `goal`."),
    revision: z
      .number()
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe("Which revision answered: the request's header `x-sluice-revision`."),
    version: z.string().min(1).max(255).optional().describe("Or its version, where that tells the revision."),
    count: z.number().int().min(1).max(1_000).default(1).describe("How many requests came to the goal."),
    key: z.string().min(1).max(255).optional().describe("Names the event: the same one is counted once in a week."),
    at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe(
        "When it happened, at most a week ago. Default: now. What is older than an A/B test does not count for it.",
      ),
  })
  .refine((event) => (event.revision === undefined) !== (event.version === undefined), {
    message: "the number of a revision, or `version` instead, and not both",
    path: ["revision"],
  })
  .meta({ examples: [{ goal: "signup", revision: 2, key: "order-4711" }] });

export const goalBatchSchema = z.strictObject({ events: z.array(goalEventSchema).min(1).max(1_000) });

export const goalReceiptSchema = z.object({
  recorded: z.number().int().describe("Events that count."),
  duplicates: z.number().int().describe("Events whose key was seen before."),
  ignored: z.number().int().describe("Events from before the A/B test that is under way."),
});

export const goalCountSchema = z.object({
  goal: z.string(),
  revision: z.number().int(),
  version: z.string(),
  count: z.number().int(),
});

export type GoalEvent = z.output<typeof goalEventSchema>;
export type GoalReceipt = z.output<typeof goalReceiptSchema>;
export type GoalCountView = z.output<typeof goalCountSchema>;
