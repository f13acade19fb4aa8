import { z } from "zod";
import { nameSchema, variablesSchema } from "../names.ts";
import { graphProblems } from "./graph.ts";
import { STEP_SCHEMAS, STEP_TYPES, type StepKind } from "./step.schema.ts";
import { templateProblems } from "./template.ts";

const scalarSchema = z.union([z.string().max(8_192), z.number(), z.boolean()]);

/** A value of an input or of a matrix. */
export type Scalar = z.infer<typeof scalarSchema>;

const keySchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "a letter or '_', then letters, digits or '_'; 63 characters at most");

const inputSchema = z.strictObject({
  type: z.enum(["string", "number", "boolean"]).default("string"),
  description: z.string().max(1_000).optional(),
  required: z.boolean().default(false),
  default: scalarSchema.optional(),
  options: z.array(scalarSchema).min(1).max(100).optional(),
  secret: z.boolean().default(false).meta({ description: "Never shown again; masked in logs" }),
});

export type WorkflowInput = z.infer<typeof inputSchema>;

const approvalSchema = z.strictObject({
  approvers: z.number().int().min(1).max(20).default(1),
  fourEyes: z.boolean().default(true).meta({ description: "Whoever started the run does not count" }),
  expiresAfterSeconds: z.number().int().min(1).max(2_592_000).default(86_400),
});

const stageSchema = z
  .strictObject({
    name: nameSchema,
    description: z.string().max(1_000).optional(),
    needs: z.array(nameSchema).max(50).default([]).meta({ description: "Stages that must have ended before" }),
    runOn: z.enum(["success", "failure", "always"]).default("success").meta({
      description: "What the needs must have come to: all well; one failed, or something before them; anything",
    }),
    when: z
      .string()
      .min(1)
      .max(2_000)
      .optional()
      .meta({ description: "CEL; the stage is skipped where it is false", examples: ['environment == "production"'] }),
    matrix: z
      .record(keySchema, z.array(scalarSchema).min(1).max(20))
      .optional()
      .meta({ description: "The stage runs once for each combination", examples: [{ node: ["22", "24"] }] }),
    approval: approvalSchema.optional(),
    retries: z.number().int().min(0).max(10).default(0),
    retryDelaySeconds: z.number().min(0).max(3_600).default(1).meta({ description: "Doubled with each retry" }),
    timeoutSeconds: z.number().int().min(1).max(604_800).default(3_600).meta({ description: "Of each attempt" }),
    continueOnError: z.boolean().default(false).meta({ description: "Its failure fails neither others nor the run" }),
    run: STEP_SCHEMAS.run.optional(),
    deploy: STEP_SCHEMAS.deploy.optional(),
    verify: STEP_SCHEMAS.verify.optional(),
    monitor: STEP_SCHEMAS.monitor.optional(),
    scan: STEP_SCHEMAS.scan.optional(),
    promote: STEP_SCHEMAS.promote.optional(),
    eval: STEP_SCHEMAS.eval.optional(),
  })
  .refine((stage) => STEP_TYPES.filter((type) => stage[type] !== undefined).length === 1, {
    message: `exactly one of ${STEP_TYPES.join(", ")}`,
  });

export type Stage = z.infer<typeof stageSchema>;

/** What the stage does. */
export const stepKindOf = (stage: Stage): StepKind => STEP_TYPES.find((type) => stage[type] !== undefined) ?? "run";

const workflowFields = z.strictObject({
  description: z.string().max(1_000).optional(),
  inputs: z.record(keySchema, inputSchema).default({}),
  environment: nameSchema.optional().meta({ description: "What a run is for, where it does not say so itself" }),
  env: variablesSchema.meta({ description: "For every command" }),
  timeoutSeconds: z.number().int().min(1).max(2_592_000).default(86_400).meta({ description: "Of a whole run" }),
  parallelism: z.number().int().min(1).max(100).default(10).meta({ description: "Stages that run at the same time" }),
  stages: z.array(stageSchema).min(1).max(50),
});

/** A declared pipeline of stages. Every problem of the graph and of templates is named at its field. */
export const workflowSchema = workflowFields.superRefine((workflow, context) => {
  for (const { path, message } of [...graphProblems(workflow.stages), ...templateProblems(workflow)]) {
    context.addIssue({ code: "custom", path, message });
  }
});

export type WorkflowSpec = z.infer<typeof workflowFields>;

/** What a run is about in the repository, for conditions and templates. */
export const runRefSchema = z.strictObject({
  branch: z.string().max(255).default(""),
  tag: z.string().max(255).default(""),
  commit: z.string().max(64).default(""),
});

export type RunRef = z.infer<typeof runRefSchema>;

export const inputValuesSchema = z.record(z.string().max(63), scalarSchema);
export type InputValues = z.infer<typeof inputValuesSchema>;
