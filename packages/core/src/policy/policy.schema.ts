import { z } from "zod";
import { ARTIFACT_KINDS } from "../artifact/version.schema.ts";
import { nameSchema } from "../names.ts";

/** A rule that every candidate within its reach must meet, asked by validation. `name` and `project` are its key. */
export const policySchema = z.strictObject({
  description: z.string().max(1_000).default(""),
  /** Null: in every environment. */
  environment: nameSchema.nullable().default(null),
  /** Null: of every artifact. */
  artifact: nameSchema.nullable().default(null),
  /** Null: of every kind. */
  kind: z.enum(ARTIFACT_KINDS).nullable().default(null),
  /** CEL of type bool: true where the rule is met. */
  expression: z.string().min(1).max(10_000),
  /** What breaking it means; environments decide what stops a rollout. */
  severity: z.enum(["critical", "high", "medium", "low"]).default("critical"),
  enabled: z.boolean().default(true),
});

export type PolicySpec = z.infer<typeof policySchema>;
