import type { z } from "zod";
import { testOptionsSchema } from "../candidate-test/test-options.schema.ts";
import type { configSchema, DeploymentConfig } from "../deployment/config.schema.ts";
import { cpuCores, memoryMb } from "../deployment/quantity.ts";
import type { EnvironmentSpec } from "../environment/environment.schema.ts";
import { type FieldViolation, invalidField } from "../errors.ts";
import { type StrategyInput, strategySchema } from "../strategy/strategy.schema.ts";
import type { Strategy } from "../strategy/strategy.types.ts";
import { invalidArgument } from "../validate.ts";
import { agentTier } from "./agent.environment.ts";
import type { AgentDeployRequest, MonitoringLevel } from "./agent.request.schema.ts";

/** What an instance answers when it is well, unless a request says otherwise. */
export const AGENT_HEALTH_PATH = "/health";

/** Seconds that an agent is watched after all traffic has come to it. */
const MONITORING_SECONDS: Readonly<Record<MonitoringLevel, number>> = { minimal: 0, standard: 30, comprehensive: 60 };

/** The tests that an environment of each validation level asks for where a request does not say. */
const USUAL_TESTS: Readonly<Record<EnvironmentSpec["validationLevel"], { security: boolean; load: boolean }>> = {
  basic: { security: false, load: false },
  standard: { security: true, load: false },
  strict: { security: true, load: true },
};

/** The strategy that a request means in its environment. `healthPath` is the one in force after the change. */
export function agentStrategy(
  { deployment_options: options, test_options: tests }: AgentDeployRequest,
  environment: EnvironmentSpec,
  healthPath: string | null,
): Strategy {
  const allowed = environment.protection.allowedStrategies;
  const usual = allowed === null || allowed.includes("immediate") ? "immediate" : allowed[0];
  if (allowed !== null && options.strategy !== undefined && !allowed.includes(options.strategy)) {
    throw invalidField("deployment_options.strategy", options.strategy, `one of ${allowed.join(", ")}`);
  }
  const level = options.monitoring_level ?? environment.monitoringLevel;
  const input: StrategyInput = {
    type: options.strategy ?? usual ?? "immediate",
    autoRollback: options.auto_rollback,
    monitoringSeconds: options.monitoring_duration ?? MONITORING_SECONDS[level],
    analysis: { metrics: watched(level, tests.response_time_threshold) },
    tests: testsOf(tests, environment, healthPath),
  };
  return strategySchema.parse(input);
}

/** The higher the level, the more is watched: errors; the answers' times beside the version before; and their limit as well. */
function watched(level: MonitoringLevel, responseTimeSeconds: number) {
  const errors = { name: "error_rate" as const };
  if (level === "minimal") return [errors];
  if (level === "standard") return [errors, { name: "latency" as const }];
  return [errors, { name: "latency" as const, maxLatencyMs: responseTimeSeconds * 1_000 }];
}

function testsOf(
  options: AgentDeployRequest["test_options"],
  { validationLevel }: EnvironmentSpec,
  healthPath: string | null,
) {
  const usual = USUAL_TESTS[validationLevel];
  const health = healthPath === null ? [] : [{ name: "health", request: { path: healthPath }, expect: {} }];
  return testOptionsSchema.parse({
    functional: options.functional_test ? [...health, ...options.functional_requests] : [],
    performanceTest: options.performance_test ?? usual.load,
    loadTest: options.load_test ?? usual.load,
    securityTest: options.security_test ?? usual.security,
    concurrentUsers: options.concurrent_users,
    testDuration: options.test_duration,
    responseTimeThreshold: options.response_time_threshold,
    successRateThreshold: options.success_rate_threshold,
    request: options.request ?? { path: healthPath ?? "/" },
    security: options.security,
  });
}

/** What a request says about the configuration, as a merge patch; what it does not say stays as it is. */
export function agentConfigPatch({ deployment_options: { resource_limits, health_path } }: AgentDeployRequest) {
  const { memory_mb, cpu_cores, concurrent_tasks } = resource_limits;
  const limits = {
    ...(memory_mb !== undefined && { memory: `${memory_mb}Mi` }),
    ...(cpu_cores !== undefined && { cpu: String(cpu_cores) }),
  };
  return {
    ...(Object.keys(limits).length > 0 && { resources: { limits } }),
    ...(concurrent_tasks !== undefined && { parameters: { concurrent_tasks } }),
    ...(health_path !== undefined && { healthCheck: { path: health_path } }),
  };
}

/** The configuration that a new agent begins with, before the patch of its first request. */
export function newAgentConfig(environment: EnvironmentSpec): z.input<typeof configSchema> {
  const { memoryMb: memory, cpuCores: cpu } = environment.limits;
  return {
    replicas: agentTier(environment).redundancyEnabled ? 2 : 1,
    resources: { limits: { memory: `${memory}Mi`, cpu: String(cpu) } },
    healthCheck: { path: AGENT_HEALTH_PATH, intervalSeconds: 1, timeoutSeconds: 1, retries: 3 },
  };
}

/** Throws `invalid_argument` naming each limit of the request that is above the environment's. */
export function checkAgentLimits(request: AgentDeployRequest, environment: EnvironmentSpec): void {
  const { memory_mb: memory, cpu_cores: cpu } = request.deployment_options.resource_limits;
  const { limits } = environment;
  const field = (name: string): string => `deployment_options.resource_limits.${name}`;
  const violations: FieldViolation[] = [];
  if (memory !== undefined && memory > limits.memoryMb) {
    const allowed = `at most ${limits.memoryMb}, the limit of environment ${request.environment}`;
    violations.push({ field: field("memory_mb"), found: memory, allowed });
  }
  if (cpu !== undefined && cpu > limits.cpuCores) {
    const allowed = `at most ${limits.cpuCores}, the limit of environment ${request.environment}`;
    violations.push({ field: field("cpu_cores"), found: cpu, allowed });
  }
  if (violations.length > 0) throw invalidArgument(violations);
}

/** The limits of a configuration in this interface's words; null for what is not limited. */
export function agentLimits({ resources: { limits }, parameters }: DeploymentConfig) {
  const tasks = parameters.concurrent_tasks;
  return {
    memory_mb: limits?.memory === undefined ? null : memoryMb(limits.memory),
    cpu_cores: limits?.cpu === undefined ? null : cpuCores(limits.cpu),
    concurrent_tasks: typeof tasks === "number" ? tasks : null,
  };
}

/** The path on the gateway of an agent: the same in every project but the first one's. */
export const agentRoutePath = (project: string, environment: string, agent: string): string =>
  `/agents/${project === "default" ? "" : `${project}/`}${environment}/${agent}`;
