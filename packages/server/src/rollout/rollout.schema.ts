import {
  COMMANDS,
  COMPARISONS,
  nameSchema,
  PHASES,
  ROLLBACK_TRIGGERS,
  strategySchema,
  TERMINAL_PHASES,
  TEST_TYPES,
} from "@sluice/core";
import { z } from "zod";
import { pageQuery } from "../http/page.ts";

/** What the rollout endpoints read and answer (API.md, "Rollouts"). */

const time = z.iso.datetime();
const percent = z.number().min(0).max(100);

export const stepSchema = z
  .object({
    type: z.enum(["setWeight", "wait", "analyze", "mirror", "match", "scale", "switch", "hook"]),
    weight: percent.optional().describe("Percent; of `setWeight` and `mirror`."),
    seconds: z.number().int().optional(),
    approval: z.literal(true).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    cookies: z.record(z.string(), z.string()).optional(),
    percentage: z.number().optional().describe("Of the wanted replicas; of `scale`."),
    url: z.string().optional(),
    timeoutSeconds: z.number().int().optional(),
    status: z.enum(["pending", "running", "done", "skipped"]),
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "RolloutStep" });

export const validationSchema = z
  .object({
    name: z.string(),
    type: z.string(),
    severity: z.enum(["critical", "high", "medium", "low", "info"]),
    passed: z.boolean(),
    message: z.string(),
    executionMs: z.number(),
    at: time,
  })
  .meta({ id: "ValidationResult" });

export const gateSchema = z
  .object({
    gate: z.string(),
    required: z.boolean(),
    status: z.enum(["passed", "failed", "waiting"]),
    conditions: z.array(
      z.object({
        name: z.string(),
        type: z.enum(["eval_score", "latency", "cost", "custom"]),
        required: z.boolean(),
        status: z.enum(["passed", "failed", "waiting"]),
        observed: z.union([z.number(), z.string(), z.boolean()]).nullable(),
        operator: z.enum(COMPARISONS).nullable(),
        threshold: z.union([z.number(), z.string()]).nullable(),
        evidence: z.string(),
        message: z.string(),
      }),
    ),
    message: z.string(),
    waitsUntil: time.nullable(),
    at: time,
  })
  .meta({ id: "GateResult" });

export const testSchema = z
  .object({
    name: z.string(),
    type: z.enum(TEST_TYPES),
    status: z.enum(["running", "passed", "failed", "error", "skipped"]),
    metrics: z.record(z.string(), z.number()),
    message: z.string(),
    logs: z.array(z.string()),
    executionMs: z.number(),
    at: time,
  })
  .meta({ id: "TestResult" });

const arms = z.object({ stable: z.number().int(), candidate: z.number().int() });

export const analysisViewSchema = z
  .object({
    verdict: z.enum(["continue", "promote", "rollback", "hold"]),
    reason: z.string().nullable(),
    evidence: z
      .number()
      .describe("The e-value over all metrics: how many times better `worse` explains what was seen."),
    threshold: z.number().describe("The e-value at which the gate is closed."),
    metrics: z.array(
      z.object({
        name: z.string(),
        stable: z.number().nullable(),
        candidate: z.number().nullable(),
        evidence: z.number(),
        threshold: z.number(),
        samples: arms,
      }),
    ),
    errors: arms,
  })
  .meta({ id: "Analysis" });

export const rolloutSchema = z
  .object({
    id: z.string(),
    project: z.string(),
    deployment: z.string(),
    artifact: z.string(),
    environment: z.string(),
    fromRevision: z.number().int().nullable(),
    toRevision: z.number().int(),
    fromVersion: z.string().nullable(),
    toVersion: z.string(),
    phase: z.enum(PHASES),
    paused: z.boolean(),
    outcome: z.enum(TERMINAL_PHASES).nullable().describe("Null until the rollout has ended."),
    reason: z.string().nullable(),
    trigger: z.enum(ROLLBACK_TRIGGERS).nullable().describe("Why it turned back; null while it has not."),
    strategy: strategySchema,
    steps: z.array(stepSchema),
    step: z.number().int().describe("Index of the current step; the number of steps when all are done."),
    weight: percent.describe("Percent of the traffic that the candidate is to have now."),
    progressPercentage: percent,
    estimatedCompletion: time.nullable().describe("Null when nobody can know: paused, queued, waiting for a person."),
    validations: z.array(validationSchema),
    gates: z.array(gateSchema),
    tests: z.array(testSchema).describe("Tests against the candidate itself, at zero traffic."),
    approvals: z.array(z.object({ actor: z.string(), comment: z.string(), at: time })),
    requiredApprovals: z.number().int(),
    analysis: analysisViewSchema.nullable().describe("Null before there was anything to compare."),
    allowedCommands: z.array(z.enum(COMMANDS)),
    triggeredBy: z.string(),
    rollbackOf: z.string().nullable(),
    retryOf: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: "Rollout" });

export type RolloutView = z.output<typeof rolloutSchema>;

export const listRolloutsSchema = z.strictObject({
  project: nameSchema.optional(),
  deployment: z.string().min(1).max(128).optional().describe("Id, or name."),
  environment: nameSchema.optional(),
  phase: z
    .union([z.enum(PHASES), z.array(z.enum(PHASES)).min(1)])
    .transform((phases) => (Array.isArray(phases) ? phases : [phases]))
    .optional()
    .describe("One phase, or several by repeating the parameter."),
  ...pageQuery,
});

export type ListRollouts = z.output<typeof listRolloutsSchema>;

export const commandBodySchema = z
  .strictObject({ comment: z.string().max(1_000).optional() })
  .nullish()
  .meta({ examples: [{ comment: "looks good" }] });
