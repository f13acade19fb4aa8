import { createHash } from "node:crypto";
import type { DatasetLine, Sample } from "@sluice/core";
import { z } from "zod";

/** What one line of a dataset came to, as it stands in the results file. */
export interface Outcome extends Sample {
  line: number;
  /** Fingerprint of the line's text: a line that was changed is asked again. */
  key: string;
  id: string;
  /** Why, in a sentence: of the score, or of the failure to get one. */
  reason: string;
  /** The output's beginning. */
  output: string | null;
}

/** Which run the results are of: a results file goes on only under the same. */
export const runSchema = z.strictObject({
  dataset: z.string(),
  artifact: z.string(),
  version: z.string(),
  /** Address, and of a model its name and a fingerprint of prompt and parameters. */
  target: z.string(),
  scorer: z.string(),
});
export type Run = z.infer<typeof runSchema>;

const figure = z.number().min(0).nullable();

export const outcomeSchema: z.ZodType<Outcome> = z.strictObject({
  line: z.number().int().min(1).max(4_294_967_295),
  key: z.string(),
  id: z.string(),
  score: z.number().min(0).max(1),
  passed: z.boolean(),
  error: z.boolean(),
  latencyMs: figure,
  costUsd: figure,
  promptTokens: figure,
  completionTokens: figure,
  reason: z.string(),
  output: z.string().nullable(),
});

/** Characters of an output that are kept. */
const KEPT = 4_000;

export const keyOf = (text: string): string => createHash("sha256").update(text.trim()).digest("hex").slice(0, 16);

/** The beginning of an output, without secrets: half of one would be left where it is cut before. */
export const shorten = (output: unknown, redact: (text: string) => string): string => {
  const text = redact(typeof output === "string" ? output : (JSON.stringify(output) ?? ""));
  return text.length <= KEPT ? text : `${text.slice(0, KEPT)}…`;
};

/** Of a line that got no answer that could be scored. */
export const NO_SCORE: Sample = {
  score: 0,
  passed: false,
  error: true,
  latencyMs: null,
  costUsd: null,
  promptTokens: null,
  completionTokens: null,
};

export const failedOutcome = ({ line, id }: DatasetLine, key: string, reason: string): Outcome => ({
  ...NO_SCORE,
  line,
  key,
  id,
  reason,
  output: null,
});
