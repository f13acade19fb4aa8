import {
  AGENT_ROLLBACK_STEPS,
  AGENT_STAGES,
  AGENT_STATUSES,
  AGENT_TRIGGERS,
  MEMBER_STATES,
  MONITORING_LEVELS,
} from "@sluice/core";
import { z } from "zod";

/** What the interface for agents answers, in the words of its document. Durations are in seconds. */

const time = z.iso.datetime();
const severity = z.enum(["critical", "high", "medium", "low", "info"]);

const validationSchema = z
  .object({
    test_name: z.string(),
    test_type: z.string(),
    severity,
    passed: z.boolean(),
    message: z.string(),
    execution_time: z.number(),
    timestamp: time,
    checks: z
      .array(z.object({ name: z.string(), severity, passed: z.boolean(), message: z.string() }))
      .describe("What was looked at for it, one by one."),
  })
  .meta({
    id: "AgentValidation",
    examples: [
      {
        test_name: "agent_status_validation",
        test_type: "existence_validation",
        severity: "critical",
        passed: true,
        message: "Agent status: ready",
        execution_time: 0.234,
        timestamp: "2026-01-01T10:45:00.000Z",
        checks: [],
      },
    ],
  });

const testSchema = z
  .object({
    test_name: z.string(),
    test_type: z.string(),
    status: z.enum(["running", "completed"]),
    passed: z.boolean().nullable().describe("Null while it runs."),
    message: z.string(),
    metrics: z.record(
      z.string(),
      z.union([
        z.number(),
        z.array(z.object({ name: z.string(), passed: z.boolean().nullable(), message: z.string() })),
      ]),
    ),
    execution_time: z.number(),
    timestamp: time,
  })
  .meta({ id: "AgentTest" });

const measured = z.number().nullable();

const monitoringSchema = z
  .object({
    deployment_progress: z.number(),
    response_time: measured.describe("Seconds, the median of the answers so far; null before the first."),
    error_rate: measured.describe("Share of the requests; null before the first."),
    resource_usage: z.object({
      cpu_percent: measured.describe("Of the instances' limit; of one core where there is none."),
      memory_mb: measured.describe("All instances together."),
      network_iops: measured,
    }),
    unmeasured: z.record(z.string(), z.string()).describe("Why a figure is null."),
    health_status: z.enum(["healthy", "degraded", "unhealthy", "unknown"]),
  })
  .meta({ id: "AgentMonitoring" });

export const agentRollbackViewSchema = z
  .object({
    rollback_id: z.string(),
    deployment_id: z.string(),
    status: z.enum(AGENT_STATUSES),
    rollback_reason: z.string(),
    progress_percentage: z.number().int(),
    estimated_completion: time.nullable().describe("From how long earlier ones took; null after the end."),
    trigger: z.enum(AGENT_TRIGGERS),
    rollback_options: z.object({
      preserve_data: z.boolean(),
      force_rollback: z.boolean(),
      cleanup_resources: z.boolean(),
      backup_before_rollback: z.boolean(),
    }),
    backup: z.object({ status: z.string(), message: z.string() }).describe("Made before the first step."),
    steps: z.array(
      z.object({
        step: z.number().int(),
        name: z.enum(AGENT_ROLLBACK_STEPS),
        title: z.string(),
        status: z.enum(["pending", "running", "done", "skipped", "failed"]),
        message: z.string(),
        started_at: time.nullable(),
        finished_at: time.nullable(),
      }),
    ),
    error_message: z.string().nullable(),
    created_at: time,
    completed_at: time.nullable(),
  })
  .meta({ id: "AgentRollback" });

export const agentDeploymentViewSchema = z
  .object({
    deployment_id: z.string().describe("Of the rollout: `rol_…`."),
    agent_id: z.string(),
    status: z.enum(AGENT_STATUSES),
    stage: z.enum(AGENT_STAGES),
    environment: z.string(),
    progress_percentage: z.number().int().describe("Never less than before."),
    estimated_completion: time.nullable().describe("Learnt from earlier deployments; null when nobody can know."),
    validation_results: z.array(validationSchema),
    test_results: z.array(testSchema),
    monitoring_metrics: monitoringSchema,
    deployment_metadata: z.object({
      version: z.string(),
      previous_version: z.string().nullable(),
      environment_config: z.string(),
      agent_endpoint: z.string().nullable(),
      deployment: z.string().describe("`dep_…`: the agent in this environment, for the native interface."),
      revision: z.number().int(),
      strategy: z.string(),
      auto_rollback: z.boolean(),
      resource_limits: z.object({ memory_mb: measured, cpu_cores: measured, concurrent_tasks: measured }),
      paused: z.boolean(),
      targets: z
        .array(
          z.object({
            target: z.string(),
            state: z.enum(MEMBER_STATES),
            weight: z.number().describe("The version's share of the callers there, in percent."),
            reason: z.string().nullable(),
          }),
        )
        .nullable()
        .describe("Where the environment has several targets: how far each is; else null."),
    }),
    error_message: z.string().nullable(),
    rollback: agentRollbackViewSchema.nullable(),
    created_at: time,
    completed_at: time.nullable(),
  })
  .meta({ id: "AgentDeployment" });

const resources = z.object({ memory_mb: z.number(), cpu_cores: z.number() });

export const agentEnvironmentsSchema = z
  .object({
    environments: z.record(
      z.string(),
      z.object({
        description: z.string(),
        resource_requirements: resources.extend({ storage_gb: z.number() }),
        resource_limits: resources,
        validation_level: z.enum(["basic", "standard", "strict"]),
        monitoring_level: z.enum(MONITORING_LEVELS),
        backup_enabled: z.boolean(),
        redundancy_enabled: z.boolean(),
      }),
    ),
    default_environment: z.string(),
  })
  .meta({ id: "AgentEnvironments" });

export const agentMetricsSchema = z
  .object({
    total_deployments: z
      .int()
      .describe("That succeeded or failed; those that were cancelled or superseded are neither."),
    successful_deployments: z.int(),
    failed_deployments: z.int(),
    success_rate: z.number().describe("0 to 1; 0 while there is none."),
    average_deployment_time: z.number().describe("Seconds, of those that succeeded."),
    average_validation_time: z.number(),
    average_test_time: z.number(),
    p95_deployment_time: z.number(),
    deployment_frequency: z.number().describe("Begun an hour, over the last 24 hours."),
    active_deployments: z.int(),
    last_updated: time,
  })
  .meta({ id: "AgentMetrics" });

export type AgentDeploymentView = z.output<typeof agentDeploymentViewSchema>;
export type AgentRollbackView = z.output<typeof agentRollbackViewSchema>;
export type AgentMetrics = z.output<typeof agentMetricsSchema>;
export type AgentEnvironments = z.output<typeof agentEnvironmentsSchema>;
