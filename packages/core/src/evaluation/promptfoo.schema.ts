import { z } from "zod";

/**
 * The part of promptfoo's results that is read: `promptfoo eval --output results.json` writes `{evalId, results, config}`,
 * its library answers what stands in `results`. Summaries of version 2 have a `table`, those of 3 have `prompts`; the list of
 * results is the same in all (promptfoo's `EvaluateSummaryV2`, `EvaluateSummaryV3` and `EvaluateResult`).
 */
const resultSchema = z.object({
  provider: z.object({ id: z.string().min(1), label: z.string().nullish() }),
  prompt: z.object({ raw: z.string().nullish(), label: z.string().nullish() }),
  success: z.boolean(),
  score: z.number().min(0).max(1),
  latencyMs: z.number().min(0),
  namedScores: z.record(z.string(), z.number()).nullish(),
  cost: z.number().min(0).nullish(),
  error: z.string().nullish(),
  /** 2: the test could not be carried out. */
  failureReason: z.number().nullish(),
  tokenUsage: z.object({ prompt: z.number().nullish(), completion: z.number().nullish() }).nullish(),
});

const summarySchema = z.object({
  version: z.literal([2, 3, 4]),
  timestamp: z.string().nullish(),
  results: z.array(resultSchema).min(1),
});

export const promptfooFileSchema = z.object({
  evalId: z.string().nullish(),
  results: summarySchema,
  config: z.object({ description: z.string().nullish() }).nullish(),
});

export type PromptfooFile = z.infer<typeof promptfooFileSchema>;
export type PromptfooResult = PromptfooFile["results"]["results"][number];
