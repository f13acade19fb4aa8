import { z } from "zod";
import { jsonSchema } from "../json.ts";

/** As they stand between braces in a template. */
export const PLACEHOLDER_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** How a value is checked, and written into the text: everything but `string` as its JSON. */
export const VARIABLE_TYPES = ["string", "number", "integer", "boolean", "json"] as const;
export type VariableType = (typeof VARIABLE_TYPES)[number];

/** One variable that a prompt declares; its texts say `{{name}}` where the value goes. */
export const promptVariableSchema = z
  .strictObject({
    name: z
      .string()
      .regex(PLACEHOLDER_NAME, "a letter or '_', then letters, digits or '_', at most 63 characters in all"),
    type: z.enum(VARIABLE_TYPES).optional().describe("Default `string`."),
    required: z.boolean().optional().describe("Default true, unless there is a `default`."),
    default: jsonSchema.optional().describe("Stands in for a value that is not given."),
    description: z.string().max(1_024).optional(),
  })
  .refine((variable) => variable.required !== true || variable.default === undefined, {
    message: "false or nothing: a variable with a default need not be given",
    path: ["required"],
  })
  .refine((variable) => variable.default === undefined || fits(variable.type ?? "string", variable.default), {
    message: "a value of the variable's own type",
    path: ["default"],
  });

export type PromptVariable = z.output<typeof promptVariableSchema>;

/** Whether a value is of the type; text is never taken for a number. */
export function fits(type: VariableType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "json":
      return value !== undefined;
  }
}
