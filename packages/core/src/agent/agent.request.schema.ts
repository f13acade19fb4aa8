import { z } from "zod";
import { testOptionsSchema } from "../candidate-test/test-options.schema.ts";
import { STRATEGY_TYPES } from "../environment/environment.schema.ts";
import { nameSchema } from "../names.ts";
import { DEFAULT_AGENT_ENVIRONMENT } from "./agent.environment.ts";

export const MONITORING_LEVELS = ["minimal", "standard", "comprehensive"] as const;
export type MonitoringLevel = (typeof MONITORING_LEVELS)[number];

const seconds = (max: number) => z.number().int().min(0).max(max);
const tests = testOptionsSchema.shape;

const resourceLimitsSchema = z.strictObject({
  memory_mb: z.number().int().min(16).max(16_777_216).optional().describe("Of each instance, in MiB."),
  cpu_cores: z.number().min(0.01).max(1_024).optional().describe("Of each instance."),
  concurrent_tasks: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Told to each instance as SLUICE_CONCURRENT_TASKS, which it is to hold itself to."),
});

const deploymentOptionsSchema = z.strictObject({
  auto_rollback: z.boolean().default(true).describe("False: a failure pauses the deployment and calls people."),
  monitoring_level: z.enum(MONITORING_LEVELS).optional().describe("Default: the environment's."),
  monitoring_duration: seconds(2_592_000).optional().describe("Seconds; default: as the level says."),
  resource_limits: resourceLimitsSchema.default({}).describe("Default of a new agent: what the environment gives."),
  strategy: z
    .enum(STRATEGY_TYPES)
    .optional()
    .describe("How traffic moves. Default: all at once when everything before has passed, under watch."),
  health_path: z
    .string()
    .max(2_048)
    .regex(/^\/[!-~]*$/, "a path that begins with '/' and has no spaces, or null")
    .nullable()
    .optional()
    .describe("What an instance that is well answers with 200 to 399; null: an open port. Default /health."),
});

const testOptions = z.strictObject({
  functional_test: z.boolean().default(true),
  performance_test: z.boolean().optional(),
  load_test: z.boolean().optional(),
  security_test: z.boolean().optional(),
  concurrent_users: tests.concurrentUsers,
  test_duration: tests.testDuration.describe("Seconds, of each of performance and load."),
  response_time_threshold: tests.responseTimeThreshold.describe("Seconds that 95 % of the answers must keep to."),
  success_rate_threshold: tests.successRateThreshold,
  request: tests.request
    .unwrap()
    .optional()
    .describe("What performance and load tests ask for. Default: GET of the health path."),
  functional_requests: tests.functional.describe("Requests with what their answers must be."),
  security: tests.security.describe("What the security test may try; what is not declared does not apply."),
});

/** `POST /deploy`. */
export const agentDeploySchema = z.strictObject({
  project: nameSchema.optional(),
  agent_id: nameSchema.describe("The agent's name: an artifact of kind agent."),
  environment: nameSchema.default(DEFAULT_AGENT_ENVIRONMENT),
  version: z.string().min(1).max(128).optional().describe("Default: the one registered last."),
  deployment_options: deploymentOptionsSchema.prefault({}),
  test_options: testOptions.prefault({}).describe("What is left out is as the environment's validation level has it."),
});

/** `POST /rollback`. */
export const agentRollbackSchema = z.strictObject({
  deployment_id: z.string().min(1).max(64),
  rollback_reason: z.string().min(1).max(1_000).optional(),
  rollback_options: z
    .strictObject({
      preserve_data: z
        .boolean()
        .default(true)
        .describe("False: the agent's data folder is put back as it was before the deployment."),
      force_rollback: z.boolean().default(false).describe("Go on where a step fails."),
      cleanup_resources: z
        .boolean()
        .default(true)
        .describe("Remove what the version left behind: its temporary files and its last logs."),
      backup_before_rollback: z
        .boolean()
        .optional()
        .describe("Copy the data folder first. Default: true, but for environments of tier development."),
    })
    .prefault({}),
});

export type AgentDeployRequest = z.output<typeof agentDeploySchema>;
export type AgentRollbackRequest = z.output<typeof agentRollbackSchema>;
