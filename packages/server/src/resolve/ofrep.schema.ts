import { nameSchema } from "@sluice/core";
import { z } from "zod";
import { contextSchema, targetingKey } from "./resolve.schema.ts";

/** The OpenFeature Remote Evaluation Protocol, as its own OpenAPI document has it (version 0.3.0). */

export const flagParams = z.strictObject({
  key: z.string().min(1).max(64).describe("Name of the prompt's deployment, or `dep_…`."),
});

const ENVIRONMENT = "x-sluice-environment";
const PROJECT = "x-sluice-project";

/** Providers take headers and no query, so the environment may come in either; else it is the token's own. */
export const ofrepHeaders = z.looseObject({
  [ENVIRONMENT]: nameSchema.optional().describe("As `?environment=`."),
  [PROJECT]: nameSchema.optional().describe("As `?project=`."),
});

export const ofrepQuery = z.object({
  project: nameSchema.optional(),
  environment: nameSchema.optional(),
});

export const whereOf = (query: z.output<typeof ofrepQuery>, headers: z.output<typeof ofrepHeaders>) => ({
  project: query.project ?? headers[PROJECT],
  environment: query.environment ?? headers[ENVIRONMENT],
});

export const evaluationBody = z
  .object({
    context: contextSchema
      .and(z.object({ targetingKey: targetingKey.min(1).optional() }))
      .describe("Attributes of whom it is for; the same `targetingKey` gets the same version."),
  })
  .meta({ examples: [{ context: { targetingKey: "user-123", region: "eu" } }] });

export const evaluationSuccess = z
  .object({
    key: z.string(),
    reason: z.enum(["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]),
    variant: z.string().describe("The version."),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    value: z
      .record(z.string(), z.unknown())
      .describe("The prompt: `text` or `messages`, `model`, `parameters`, `variables`."),
  })
  .meta({
    id: "FlagEvaluation",
    examples: [
      {
        key: "greeting",
        reason: "SPLIT",
        variant: "1.1.0",
        metadata: {
          deployment: "dep_0199",
          project: "default",
          environment: "production",
          revision: 2,
          version: "1.1.0",
        },
        value: { text: "Hello {{customer}}!", model: "small", parameters: {} },
      },
    ],
  });

export const OFREP_CODES = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"] as const;
export type OfrepCode = (typeof OFREP_CODES)[number] | "FLAG_NOT_FOUND";

export const evaluationFailure = z
  .object({ key: z.string(), errorCode: z.enum(OFREP_CODES), errorDetails: z.string().optional() })
  .meta({
    id: "FlagFailure",
    examples: [{ key: "greeting", errorCode: "INVALID_CONTEXT", errorDetails: "context is missing" }],
  });

export const flagNotFound = z
  .object({ key: z.string(), errorCode: z.literal("FLAG_NOT_FOUND"), errorDetails: z.string().optional() })
  .meta({ id: "FlagNotFound" });

export const bulkSuccess = z
  .object({
    flags: z.array(z.union([evaluationSuccess, evaluationFailure])),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: "FlagEvaluations" });

export const bulkFailure = z
  .object({ errorCode: z.enum(OFREP_CODES), errorDetails: z.string().optional() })
  .meta({ id: "FlagsFailure" });
