import { nameSchema } from "@sluice/core";
import { z } from "zod";
import { DELOS_STATUSES } from "./status.ts";
import { DELOS_TYPES, percentages } from "./strategy.ts";

/**
 * What calls carry, by the names of the proto file, so that an error names a field as its writer did. A text that was left out
 * arrives empty, and a number as 0.
 */

const absent = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(emptyAsAbsent, schema.optional());
const emptyAsAbsent = (value: unknown): unknown => (value === "" ? undefined : value);

const TYPES = z.enum(DELOS_TYPES, `one of ${DELOS_TYPES.join(", ")}`);
const STATUSES = z.enum(DELOS_STATUSES, `one of ${DELOS_STATUSES.join(", ")}`);

/** Percent of the traffic, above 0, with at most two decimals. */
const share = z
  .number()
  .gt(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, "a percentage with at most two decimals");

/** Steps that a canary may have; each of its shares is two of them. */
const MOST_SHARES = 49;

const strategySchema = z
  .object({
    type: TYPES,
    initial_percentage: share.optional(),
    increment: share.optional(),
    interval_seconds: z.number().int().min(0).max(2_592_000).optional(),
    auto_rollback: z.boolean(),
    rollback_threshold: z.number().min(0).max(1).optional(),
  })
  .superRefine(({ type, initial_percentage, increment }, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: "custom", path: [field], message });
    if (type === "DEPLOYMENT_TYPE_IMMEDIATE" || type === "DEPLOYMENT_TYPE_BLUE_GREEN") {
      if (initial_percentage !== undefined) refuse("initial_percentage", `nothing: ${type} moves all traffic at once`);
      if (increment !== undefined) refuse("increment", `nothing: ${type} moves all traffic at once`);
    }
    if (type !== "DEPLOYMENT_TYPE_CANARY" || increment === undefined) return;
    if (percentages(initial_percentage ?? 5, increment).length > MOST_SHARES) {
      refuse("increment", `a step so large that there are at most ${MOST_SHARES} before 100 %`);
    }
  });

const MOST_METADATA = 64;

const metadataSchema = z
  .record(z.string().min(1).max(63), z.string().max(1_000))
  .refine((entries) => Object.keys(entries).length <= MOST_METADATA, `at most ${MOST_METADATA} entries`);

const id = z.string().min(1, "a deployment's id").max(64);
const comment = z.string().max(1_000);
const project = absent(nameSchema);

/** As every version that is named by a number: 1 and up. */
const version = z.number().int().min(1, "the number of a version, from 1 on");

export const createDeploymentRequest = z.object({
  prompt_id: nameSchema,
  to_version: version,
  environment: absent(nameSchema),
  // A message that was left out arrives as null.
  strategy: strategySchema.nullable(),
  skip_approval: z.boolean(),
  metadata: metadataSchema,
  project,
});

export const idRequest = z.object({ id });
export const approveRequest = z.object({ id, comment });
export const reasonRequest = z.object({ id, reason: comment });

/** 0 is a limit that was left out. */
const limit = (fallback: number) =>
  z.preprocess((value) => (value === 0 ? fallback : value), z.number().int().min(1).max(200));

const pageToken = absent(z.string().max(1_024));

export const listDeploymentsRequest = z.object({
  prompt_id: absent(nameSchema),
  environment: absent(nameSchema),
  status: z.preprocess((value) => (value === UNSPECIFIED ? undefined : value), STATUSES.optional()),
  limit: limit(50),
  page_token: pageToken,
  project,
});

const UNSPECIFIED = "DEPLOYMENT_STATUS_UNSPECIFIED";

const conditionSchema = z.object({
  type: z.enum(["eval_score", "latency", "cost", "custom"]),
  operator: absent(z.enum(["gte", "lte", "eq"])),
  threshold: z.number().optional(),
  dataset_id: absent(z.string().max(255)),
  metric: absent(z.string().max(255)),
  expression: absent(z.string()),
  webhook_url: absent(z.string()),
});

export type DelosCondition = z.output<typeof conditionSchema>;

export const createQualityGateRequest = z.object({
  name: z.string().trim().min(1).max(100),
  prompt_id: nameSchema,
  required: z.boolean(),
  conditions: z.array(conditionSchema).min(1).max(50),
  environment: absent(nameSchema),
  project,
});

export const listQualityGatesRequest = z.object({
  prompt_id: absent(nameSchema),
  limit: limit(200),
  page_token: pageToken,
  project,
});
