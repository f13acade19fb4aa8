import { COMPARISONS, nameSchema, strategySchema, TEST_TYPES } from "@sluice/core";
import { z } from "zod";
import { createDeploymentSchema, updateDeploymentSchema } from "../deployment/deployment.schema.ts";
import { stepSchema, validationSchema } from "./rollout.schema.ts";

const baselineSchema = z
  .strictObject({
    errorRate: z.number().min(0).lt(1).describe("Share of requests that fail today."),
    requestsPerSecond: z.number().gt(0).max(10_000_000),
    candidateErrorRate: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe("The regression to notice; left out: ten times today's, and at least 5 %."),
  })
  .refine(({ errorRate, candidateErrorRate }) => candidateErrorRate === undefined || candidateErrorRate > errorRate, {
    message: "more than errorRate: there is no regression to notice otherwise",
    path: ["candidateErrorRate"],
  });

const common = { baseline: baselineSchema.optional() };

const planCreateSchema = createDeploymentSchema.extend(common).meta({ id: "PlanCreate" });

const planUpdateSchema = updateDeploymentSchema
  .extend({
    deployment: z.string().min(1).max(64).describe("Id, or name, of the deployment that the patch is for."),
    project: nameSchema.optional(),
    environment: nameSchema.optional().describe("Where the name alone is not clear."),
    ...common,
  })
  .meta({ id: "PlanUpdate" });

export const planRequestSchema = z.union([planUpdateSchema, planCreateSchema]).meta({
  examples: [
    {
      deployment: "greeter",
      environment: "production",
      version: "1.1.0",
      strategy: { type: "canary" },
      baseline: { errorRate: 0.005, requestsPerSecond: 200 },
    },
  ],
});

export type PlanRequest = z.output<typeof planRequestSchema>;
export type Baseline = z.output<typeof baselineSchema>;

const plannedGateSchema = z
  .object({
    gate: z.string(),
    required: z.boolean(),
    waitSeconds: z.number().int().describe("How long figures are waited for."),
    conditions: z.array(
      z.object({
        name: z.string(),
        type: z.enum(["eval_score", "latency", "cost", "custom"]),
        required: z.boolean(),
        operator: z.enum(COMPARISONS).nullable(),
        threshold: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: "PlannedGate" });

const noticeSchema = z.object({
  metric: z.literal("error_rate"),
  weight: z.number().describe("Percent of the traffic that the candidate has."),
  requests: z.number().int().describe("Of both revisions together, on average, until the gate is closed."),
  requests90: z.number().int().describe("Enough in nine cases of ten."),
  seconds: z.number(),
});

export const planSchema = z
  .object({
    deployment: z.string().describe("Name."),
    environment: z.string(),
    changes: z.boolean().describe("False: nothing would be rolled out, for this is what is meant to run already."),
    fromRevision: z.number().int().nullable(),
    fromVersion: z.string().nullable(),
    toRevision: z.number().int(),
    toVersion: z.string(),
    replicas: z.number().int(),
    strategy: strategySchema.nullable(),
    steps: z.array(stepSchema),
    validations: z.array(validationSchema),
    blocked: z.boolean().describe("Whether a failed validation would stop the rollout."),
    gates: z.array(plannedGateSchema).describe("Asked when the rollout comes to them, not by a plan."),
    tests: z
      .array(z.object({ name: z.string(), type: z.enum(TEST_TYPES) }))
      .describe("Of the candidate itself, at zero traffic."),
    approvals: z.object({
      required: z.number().int().describe("Approvals needed before anything starts."),
      steps: z.number().int().describe("Steps that wait for an approval."),
      fourEyes: z.boolean().describe("Whether it must be somebody other than who asks."),
      approvers: z.array(z.string()).describe("Whom the environment names, or tokens that may approve."),
      expirySeconds: z.number().int().nullable().describe("How long an approval is waited for; null: for ever."),
    }),
    conflict: z
      .object({ rollout: z.string(), phase: z.string(), handling: z.enum(["supersede", "queue", "reject"]) })
      .nullable()
      .describe("The rollout that is under way, and what would become of the two."),
    frozenUntil: z.iso.datetime().nullable(),
    shortestSeconds: z.number(),
    expectedSeconds: z.number(),
    requestsToNotice: z
      .array(noticeSchema)
      .nullable()
      .describe("For each weight of the steps; null without a baseline, or with nothing to compare with."),
  })
  .meta({ id: "Plan" });

export type PlanView = z.output<typeof planSchema>;
