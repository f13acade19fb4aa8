import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { compileJsonSchema } from "../json-schema.ts";

/** What a version of a pipeline says: a template of the catalogue, or a collector's configuration of one's own. */
export const pipelineFields = {
  template: z.string().min(1).max(255).optional(),
  config: z
    .record(z.string(), jsonSchema)
    .refine((config) => JSON.stringify(config).length <= 262_144, "at most 262144 characters of JSON")
    .refine((config) => "service" in config, "a collector's configuration, with `service`")
    .optional()
    .describe("Configuration of an OpenTelemetry Collector; `{{name}}` in its texts is replaced by the parameter."),
  parametersSchema: z
    .record(z.string(), jsonSchema)
    .refine((schema) => problemOf(schema) === null, { error: ({ input }) => problemOf(input) ?? "a JSON Schema" })
    .optional()
    .describe("JSON Schema of the parameters of `config`. Left out: all are taken."),
  parameters: z.record(z.string(), jsonSchema).default({}),
};

/** Patterns of others can take exponential time; names of values can be listed instead. */
function problemOf(schema: unknown): string | null {
  if (typeof schema !== "object" || schema === null) return "a JSON Schema";
  if (/"(pattern|patternProperties|format)":/.test(JSON.stringify(schema)))
    return "a JSON Schema without `pattern`, `patternProperties` and `format`; list values with `enum`";
  try {
    compileJsonSchema(schema);
    return null;
  } catch (error) {
    return `a JSON Schema that can be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

interface Forms {
  template?: string | undefined;
  config?: unknown;
  parametersSchema?: unknown;
}

export const hasOneForm = ({ template, config }: Forms): boolean => (template === undefined) !== (config === undefined);

export const schemaHasConfig = ({ config, parametersSchema }: Forms): boolean =>
  parametersSchema === undefined || config !== undefined;
