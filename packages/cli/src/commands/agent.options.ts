import type { paths } from "@sluice/client";
import { InvalidArgumentError, Option } from "commander";
import { integerOption, option } from "../command.ts";

type Deploy = paths["/deploy"]["post"]["requestBody"]["content"]["application/json"];
type Rollback = paths["/rollback"]["post"]["requestBody"]["content"]["application/json"];

export interface AgentDeployFlags {
  environment?: string;
  version?: string;
  autoRollback: boolean;
  monitoring?: "minimal" | "standard" | "comprehensive";
  monitoringSeconds?: number;
  memoryMb?: number;
  cpuCores?: number;
  concurrentTasks?: number;
  functionalTest: boolean;
  performanceTest?: boolean;
  loadTest?: boolean;
  securityTest?: boolean;
  concurrentUsers?: number;
  testDuration?: number;
  responseTime?: number;
  successRate?: number;
}

const numberOption = (flags: string, description: string): Option =>
  option(flags, description).argParser((text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
      throw new InvalidArgumentError("Expected a number, such as 0.5 or 2.");
    }
    return value;
  });

const MAX = 2_147_483_647;

export const agentDeployOptions = (): Option[] => [
  option("-e, --environment <name>", "where it goes (default: staging)"),
  option("--version <version>", "version to deploy (default: the one registered last)"),
  option("--no-auto-rollback", "pause when it fails, and call people, instead of taking it back"),
  new Option("--monitoring <level>", "how closely it is watched (default: the environment's)").choices([
    "minimal",
    "standard",
    "comprehensive",
  ]),
  integerOption("--monitoring-seconds <seconds>", "how long it is watched (default: as the level says)", 0, MAX),
  integerOption("--memory-mb <mebibytes>", "memory of each instance", 16, MAX),
  numberOption("--cpu-cores <cores>", "processor of each instance"),
  integerOption("--concurrent-tasks <number>", "tasks that each instance takes at once", 1, MAX),
  option("--no-functional-test", "do not ask it whether it works"),
  option("--performance-test", "measure how fast it is with few users (default: as the environment has it)"),
  option("--no-performance-test", "do not"),
  option("--load-test", "measure how many users it bears"),
  option("--no-load-test", "do not"),
  option("--security-test", "make the eight security checks"),
  option("--no-security-test", "do not"),
  integerOption("--concurrent-users <number>", "of the load test (default 50)", 1, MAX),
  integerOption("--test-duration <seconds>", "of each of performance and load test (default 120)", 1, MAX),
  numberOption("--response-time <seconds>", "that 95 % of its answers must keep to (default 2)"),
  numberOption("--success-rate <share>", "of its answers, 0 to 1, that must succeed (default 0.95)"),
];

/** Only what was said: the rest is as the environment has it. */
const said = <Value extends object>(values: Value): Partial<Value> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Value>;

export function agentDeployBody(agent: string, scope: { project?: string }, flags: AgentDeployFlags): Deploy {
  const limits = said({
    memory_mb: flags.memoryMb,
    cpu_cores: flags.cpuCores,
    concurrent_tasks: flags.concurrentTasks,
  });
  return {
    agent_id: agent,
    ...scope,
    ...said({ environment: flags.environment, version: flags.version }),
    deployment_options: {
      auto_rollback: flags.autoRollback,
      ...said({ monitoring_level: flags.monitoring, monitoring_duration: flags.monitoringSeconds }),
      ...(Object.keys(limits).length > 0 && { resource_limits: limits }),
    },
    test_options: {
      functional_test: flags.functionalTest,
      ...said({
        performance_test: flags.performanceTest,
        load_test: flags.loadTest,
        security_test: flags.securityTest,
        concurrent_users: flags.concurrentUsers,
        test_duration: flags.testDuration,
        response_time_threshold: flags.responseTime,
        success_rate_threshold: flags.successRate,
      }),
    },
  };
}

export interface AgentRollbackFlags {
  reason?: string;
  preserveData: boolean;
  force?: boolean;
  cleanup: boolean;
  backup?: boolean;
}

export const agentRollbackOptions = (): Option[] => [
  option("--reason <text>", "kept with the rollback and in the audit log"),
  option("--no-preserve-data", "put its data back as it was before the deployment"),
  option("--force", "go on where a step fails; stop the agent where there is no version before"),
  option("--no-cleanup", "leave its temporary files"),
  option("--backup", "copy its data first (default: yes, but for environments of tier development)"),
  option("--no-backup", "do not"),
];

export const agentRollbackBody = (id: string, flags: AgentRollbackFlags): Rollback => ({
  deployment_id: id,
  ...said({ rollback_reason: flags.reason }),
  rollback_options: {
    preserve_data: flags.preserveData,
    force_rollback: flags.force ?? false,
    cleanup_resources: flags.cleanup,
    ...said({ backup_before_rollback: flags.backup }),
  },
});
