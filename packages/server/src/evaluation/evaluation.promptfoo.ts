import {
  datasetSchema,
  type EvaluationInput,
  jsonSchema,
  nameSchema,
  type PromptfooSelection,
  readPromptfoo,
  SluiceError,
} from "@sluice/core";
import { z } from "zod";

/** A results file of promptfoo, of one artifact's version. */
export const promptfooInputSchema = z.strictObject({
  artifact: nameSchema,
  version: z.string().min(1).max(128),
  dataset: datasetSchema.optional().describe("Default: the description in the file, else promptfoo"),
  provider: z.string().min(1).max(255).optional().describe("Which provider's results, where the file has several"),
  prompt: z.string().min(1).max(255).optional().describe("Which prompt's results, by label or place from 0"),
  promptfoo: z.record(z.string(), jsonSchema).describe("What promptfoo eval --output results.json writes"),
});

/** The evaluation in the file. Throws `invalid_argument` that names the field of the file, inside `promptfoo`. */
export function evaluationIn({ promptfoo, ...selection }: z.output<typeof promptfooInputSchema>): EvaluationInput {
  try {
    return readPromptfoo(promptfoo, selection);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const violations = error.violations.map((violation) =>
      isSelected(violation.field, selection) ? violation : { ...violation, field: `promptfoo.${violation.field}` },
    );
    throw new SluiceError(error.code, error.message, { violations, cause: error });
  }
}

/** Whether the field is one that the caller gave, or could have given, beside the file. */
const isSelected = (field: string, selection: PromptfooSelection): boolean =>
  field in selection || field === "provider" || field === "prompt" || field === "dataset";
