import {
  ARTIFACT_KINDS,
  COMMANDS,
  COMPARISONS,
  MEMBER_STATES,
  nameSchema,
  PHASES,
  ROLLBACK_TRIGGERS,
  strategySchema,
  TERMINAL_PHASES,
  TEST_TYPES,
  WAVE_FAILURES,
} from "@sluice/core";
import { z } from "zod";
import { pageQuery } from "../http/page.ts";

/** What the rollout endpoints read and answer (API.md, "Rollouts"). */

const time = z.iso.datetime();
const percent = z.number().min(0).max(100);

export const stepSchema = z
  .object({
    type: z.enum(["setWeight", "wait", "analyze", "mirror", "match", "scale", "switch", "hook", "wave"]),
    weight: percent.optional().describe("Percent; of `setWeight` and `mirror`."),
    seconds: z.number().int().optional().describe("How long it takes; of `wave`, at least and by plan."),
    approval: z.literal(true).optional(),
    approvals: z.number().int().optional().describe("How many people; of a `wait` for approval."),
    expiresSeconds: z.number().int().optional().describe("After which an approval that was not given turns back."),
    headers: z.record(z.string(), z.string()).optional(),
    cookies: z.record(z.string(), z.string()).optional(),
    region: z.string().optional().describe("Of `match`."),
    percentage: z.number().optional().describe("Of the wanted replicas; of `scale`."),
    url: z.string().optional(),
    timeoutSeconds: z.number().int().optional(),
    targets: z.array(z.string()).optional().describe("Of `wave`: the targets that are reached together."),
    maxParallel: z.number().int().optional().describe("Of `wave`: how many of them are under way at once."),
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

const metricSchema = z.object({
  name: z.string(),
  source: z.string().describe("`gateway`, `evaluations`, `prometheus`, `webhook`, `file` or `goal`."),
  judge: z.string().describe("The method, for example `fisher` or `mann-whitney`."),
  status: z
    .enum(["ok", "no_data", "invalid", "provider_error"])
    .describe("Anything but `ok` is neither success nor failure."),
  failed: z.boolean().describe("This metric alone is worse beyond its bound."),
  stable: z.number().nullable(),
  candidate: z.number().nullable(),
  evidence: z
    .number()
    .nullable()
    .describe("The e-value that the candidate is worse; null for a judge that gives none."),
  threshold: z.number().nullable().describe("The e-value at which the gate is closed; null with `evidence`."),
  samples: arms,
  interval: z
    .object({ of: z.enum(["difference", "ratio", "shift"]), level: z.number(), low: z.number(), high: z.number() })
    .nullable()
    .describe("For display; null when there is none."),
  message: z.string(),
});

const verdict = z.enum(["continue", "promote", "rollback", "hold"]);

export const analysisViewSchema = z
  .object({
    verdict,
    reason: z.string().nullable(),
    message: z.string().describe("The verdict in one sentence."),
    evidence: z
      .number()
      .describe("The e-value over all metrics: how many times better `worse` explains what was seen."),
    threshold: z.number().describe("The e-value at which the gate is closed."),
    metrics: z.array(metricSchema),
    errors: arms,
  })
  .meta({ id: "Analysis" });

/** The pooled judge of the control plane; `analysis` has it together with the gateway's own guard. */
const judgeViewSchema = z
  .object({
    verdict,
    message: z.string(),
    evidence: z.number(),
    maxEvidence: z.number(),
    threshold: z.number(),
    budget: z
      .object({ total: z.number(), guards: z.number(), pooled: z.number(), monitoring: z.number() })
      .describe("How the rate of false rollbacks was divided when the rollout began."),
    metrics: z.array(metricSchema),
    sampleRatio: z.object({
      evidence: z.number().describe("The e-value that the split is not the nominal one."),
      doubted: z.boolean(),
    }),
    nonInferior: z.boolean().nullable().describe("Null when no margin was asked for."),
    closed: z.object({ at: time, metric: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: "Judge" });

const quantiles = z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable();

const shadowViewSchema = z
  .object({
    compared: z.number().int(),
    skipped: z.number().int(),
    statusMismatches: z.number().int(),
    bodyMismatches: z.number().int().nullable().describe("Null when bodies are not compared."),
    bodiesSkipped: z.number().int(),
    latencyMs: z.object({ stable: quantiles, candidate: quantiles }),
    examples: z.array(
      z.object({
        method: z.string(),
        path: z.string(),
        stable: z.number().int(),
        candidate: z.number().int(),
        difference: z.string(),
      }),
    ),
  })
  .meta({ id: "Shadow" });

const goalArm = z.object({ exposures: z.number().int(), goals: z.number().int() });

const goalViewSchema = z
  .object({
    goal: z.string(),
    stable: goalArm,
    candidate: goalArm,
    evidence: z
      .object({ candidate: z.number(), stable: z.number() })
      .describe("The e-values that the candidate, or stable, is the better one."),
    threshold: z.number(),
    winner: z.enum(["candidate", "stable"]).nullable(),
    message: z.string(),
  })
  .meta({ id: "Goal" });

const rolloutMemberSchema = z
  .object({
    target: z.string(),
    state: z.enum(MEMBER_STATES).describe("`done` runs what is delivered; `waiting` has nothing of it."),
    rollout: z.string().nullable().describe("Its own rollout; null while there is none."),
    phase: z.enum(PHASES).nullable(),
    paused: z.boolean(),
    weight: percent.describe("The candidate's share of the target's callers."),
    asksApproval: z.boolean().describe("A step there waits for an `approve` of this rollout."),
    reason: z.string().nullable().describe("Why it failed, is held, or cannot be reached."),
  })
  .meta({ id: "RolloutMember" });

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
    explanation: z.string().describe("One sentence: where the rollout stands and why."),
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
    migrations: z
      .array(
        z.object({
          name: z.string(),
          direction: z.enum(["up", "down"]),
          status: z.enum(["succeeded", "failed"]),
          message: z.string(),
          executionMs: z.number(),
          at: z.iso.datetime(),
        }),
      )
      .describe("What was done to the data before the candidate started, and taken back on the way back."),
    tests: z.array(testSchema).describe("Tests against the candidate itself, at zero traffic."),
    approvals: z.array(
      z.object({
        actor: z.string(),
        comment: z.string(),
        at: time,
        step: z.number().int().nullable().describe("The step that it lets pass; null: the start of the rollout."),
      }),
    ),
    requiredApprovals: z.number().int(),
    approvers: z.array(z.string()).nullable().describe("Who may approve; null: everybody with the role."),
    fourEyes: z.boolean().describe("Whether somebody other than who asked must approve."),
    approvalExpiresAt: time.nullable().describe("Until when the approval is waited for; null: none is, or for ever."),
    waitsUntil: time.nullable().describe("Until when a waiting gate is waited for; null: none waits."),
    failure: z
      .object({ at: time, trigger: z.enum(ROLLBACK_TRIGGERS), reason: z.string(), frozen: z.boolean() })
      .nullable()
      .describe("What stopped it where it was, instead of turning it back. `frozen`: going back is refused."),
    irreversible: z.boolean().describe("Its version changes data in a way that the one before cannot undo."),
    judge: judgeViewSchema.nullable().describe("Null before the pooled judge has looked."),
    shadow: shadowViewSchema.nullable().describe("Null for other strategies than `shadow`."),
    goal: goalViewSchema.nullable().describe("Null without a goal."),
    analysis: analysisViewSchema.nullable().describe("Null before there was anything to compare."),
    allowedCommands: z.array(z.enum(COMMANDS)),
    members: z
      .array(rolloutMemberSchema)
      .nullable()
      .describe("What each target of the environment has come to; null for a rollout to one target."),
    onWaveFailure: z
      .enum(WAVE_FAILURES)
      .nullable()
      .describe("What becomes of all targets when one fails; null for a rollout to one target."),
    partOf: z.string().nullable().describe("The rollout to several targets that this one is part of."),
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
  artifact: nameSchema.optional(),
  kind: z.enum(ARTIFACT_KINDS).optional().describe("Of the artifact."),
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
  .strictObject({
    comment: z.string().max(1_000).optional(),
    trigger: z
      .literal("security_violation")
      .optional()
      .describe("For `rollback`: why, where it is more than somebody's wish."),
  })
  .nullish()
  .meta({ examples: [{ comment: "looks good" }] });
