import { z } from "zod";
import { promptVariableSchema } from "./variable.schema.ts";

export const PROMPT_ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

/** What a version of a prompt says about its texts being templates. Absent in versions from before there were any. */
export const templateFields = {
  variables: z
    .array(promptVariableSchema)
    .max(200)
    .refine(
      (variables) => new Set(variables.map(({ name }) => name)).size === variables.length,
      "variables with names of their own",
    )
    .optional(),
  /** `none`: braces in the texts are braces, and nothing is filled in. */
  template: z.enum(["mustache", "none"]).optional(),
};

export const promptMessageSchema = z.strictObject({ role: z.enum(PROMPT_ROLES), content: z.string() });
