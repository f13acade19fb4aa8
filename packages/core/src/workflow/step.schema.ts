import { z } from "zod";
import { routeSchema } from "../deployment/config.schema.ts";
import { jsonSchema } from "../json.ts";
import { labelsSchema, nameSchema, variablesSchema } from "../names.ts";
import { strategySchema } from "../strategy/strategy.schema.ts";

/** A path inside the step's own folder. Leaving it by `..`, an absolute path or a NUL is refused. */
const innerPathSchema = z
  .string()
  .min(1)
  .max(1_024)
  .refine(
    (path) => !path.startsWith("/") && !path.includes("\0") && !path.split(/[\\/]/).includes(".."),
    "a relative path without '..'",
  );

/** A name of a branch, a tag or a commit; never an option of git. */
const gitRefSchema = z
  .string()
  .max(255)
  .regex(/^(?!-)[\w./{}@+-]+$/, "a branch, a tag or a commit: letters, digits and . _ / @ + -, not beginning with '-'");

const checkoutSchema = z.strictObject({
  repository: innerPathSchema.meta({
    description: "A folder inside the one that the server was started in: of a git repository, or a plain one",
  }),
  ref: gitRefSchema
    .optional()
    .meta({ description: "What of the repository; absent: the folder as it lies there, uncommitted changes included" }),
});

const useSchema = z.strictObject({
  stage: nameSchema.meta({ description: "An earlier stage, one of `needs`" }),
  artifact: nameSchema,
  into: innerPathSchema.optional().meta({ description: "Default: the step's folder itself" }),
});

const limitsSchema = z.strictObject({
  cpuSeconds: z.number().int().min(1).max(86_400).nullable().default(null).meta({ description: "Of each process" }),
  fileMb: z.number().int().min(1).max(1_048_576).default(1_024).meta({ description: "Of one file that is written" }),
  logMb: z.number().int().min(1).max(1_024).default(10).meta({ description: "Output that is kept" }),
  artifactMb: z.number().int().min(1).max(1_048_576).default(100).meta({ description: "All artifacts together" }),
});

const commandText = z.string().min(1).max(8_192);

/** A command in a clean folder of its own. */
const runStepSchema = z
  .strictObject({
    command: z.array(commandText).min(1).max(256).optional().meta({ description: "A program and its arguments" }),
    script: z
      .string()
      .min(1)
      .max(65_536)
      .optional()
      .meta({ description: "Lines for `sh -e`; values come as variables" }),
    checkout: checkoutSchema.optional(),
    use: z.array(useSchema).max(50).default([]),
    workdir: innerPathSchema.optional(),
    env: variablesSchema,
    artifacts: z
      .array(z.strictObject({ name: nameSchema, paths: z.array(innerPathSchema).min(1).max(100) }))
      .max(20)
      .default([])
      .meta({ description: "Files to keep, by glob, relative to the working folder" }),
    limits: limitsSchema.prefault({}),
    stopSeconds: z.number().int().min(0).max(600).default(10).meta({ description: "Between SIGTERM and SIGKILL" }),
    idempotent: z
      .boolean()
      .default(false)
      .meta({ description: "May be run again when it is not known whether it came to its end" }),
  })
  .refine((step) => (step.command === undefined) !== (step.script === undefined), {
    message: "exactly one of `command` and `script`",
    path: ["command"],
  });

const waitForSchema = z
  .enum(["completed", "monitoring"])
  .default("completed")
  .meta({ description: "`monitoring`: the stage ends once all traffic is on the new version" });

const deployStepSchema = z.strictObject({
  artifact: z.string().min(1).max(255),
  version: z.string().min(1).max(255),
  create: z
    .strictObject({ spec: z.record(z.string(), jsonSchema) })
    .optional()
    .meta({ description: "Registers the version first; the same content again is fine" }),
  deployment: z.string().min(1).max(255).optional().meta({ description: "Default: named as the artifact" }),
  environment: z.string().min(1).max(255).optional().meta({ description: "Default: the run's" }),
  config: z.record(z.string(), jsonSchema).optional(),
  route: routeSchema.optional().meta({ description: "Of a deployment that does not exist yet" }),
  labels: labelsSchema,
  strategy: strategySchema.optional(),
  waitFor: waitForSchema,
});

const promoteStepSchema = z.strictObject({
  deployment: z.string().min(1).max(255),
  from: z.string().min(1).max(255),
  to: z.string().min(1).max(255),
  route: routeSchema.optional(),
  strategy: strategySchema.optional(),
  waitFor: waitForSchema,
});

const httpCheckSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2_048)
    .meta({ examples: ["{{stages.deploy.outputs.url}}/healthz"] }),
  method: z.enum(["GET", "POST"]).default("GET"),
  headers: z.record(z.string().min(1).max(255), z.string().max(8_192)).default({}),
  status: z.number().int().min(100).max(599).default(200),
  contains: z.string().max(4_096).optional(),
  timeoutSeconds: z.number().min(0.1).max(60).default(5),
});

export type HttpCheck = z.infer<typeof httpCheckSchema>;

const verifyStepSchema = z.strictObject({
  checks: z.array(httpCheckSchema).min(1).max(50),
  intervalSeconds: z.number().min(0.1).max(60).default(1),
  times: z.number().int().min(1).max(1_000).default(1).meta({ description: "So many rounds in a row must pass" }),
});

const monitorStepSchema = z.strictObject({
  rollout: z
    .string()
    .min(1)
    .max(255)
    .meta({ examples: ["{{stages.deploy.outputs.rollout}}"] }),
  seconds: z.number().int().min(0).max(86_400).default(0).meta({ description: "Watched after the rollout's own end" }),
});

const scanStepSchema = z
  .strictObject({
    artifact: z.string().min(1).max(255).optional(),
    version: z.string().min(1).max(255).optional(),
    sbom: z.strictObject({ stage: nameSchema, artifact: nameSchema, path: innerPathSchema }).optional(),
    failOn: z.enum(["low", "medium", "high", "critical"]).default("high"),
  })
  .refine((step) => (step.sbom === undefined) === (step.artifact !== undefined && step.version !== undefined), {
    message: "`artifact` and `version`, or the `sbom` that an earlier stage made",
    path: ["sbom"],
  });

const bounds = z.record(z.string().min(1).max(255), z.number());

const evalStepSchema = z
  .strictObject({
    artifact: z.string().min(1).max(255),
    version: z.string().min(1).max(255),
    dataset: z.string().min(1).max(255),
    minimum: bounds.default({}),
    maximum: bounds.default({}),
  })
  .refine(({ minimum, maximum }) => Object.keys({ ...minimum, ...maximum }).length > 0, {
    message: "at least one metric",
    path: ["minimum"],
  });

/** What a stage can do, each under its own name; `run` is a command, the others are built in. */
export const STEP_SCHEMAS = {
  run: runStepSchema.meta({ description: "A command in a clean folder" }),
  deploy: deployStepSchema.meta({ description: "Delivers a version, and ends as its rollout ends" }),
  verify: verifyStepSchema.meta({ description: "HTTP checks, repeated until they pass or the time is up" }),
  monitor: monitorStepSchema.meta({ description: "Watches a rollout to its end, and the deployment afterwards" }),
  scan: scanStepSchema.meta({ description: "Looks an SBOM's components up among known vulnerabilities" }),
  promote: promoteStepSchema.meta({ description: "Delivers what serves in one environment to another" }),
  eval: evalStepSchema.meta({ description: "Waits for an evaluation, and compares its figures" }),
} as const;

export const STEP_TYPES = Object.keys(STEP_SCHEMAS) as StepKind[];
export type StepKind = keyof typeof STEP_SCHEMAS;

export type RunStep = z.infer<typeof runStepSchema>;
export type DeployStep = z.infer<typeof deployStepSchema>;
export type PromoteStep = z.infer<typeof promoteStepSchema>;
export type VerifyStep = z.infer<typeof verifyStepSchema>;
export type MonitorStep = z.infer<typeof monitorStepSchema>;
export type ScanStep = z.infer<typeof scanStepSchema>;
export type EvalStep = z.infer<typeof evalStepSchema>;
