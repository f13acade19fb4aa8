import type { RollbackTrigger } from "../rollout/trigger.ts";

/** Why an agent was taken back, in the words of its interface. */
export const AGENT_TRIGGERS = [
  "deployment_failure",
  "health_check_failure",
  "performance_degradation",
  "security_violation",
  "manual_rollback",
  "resource_exhaustion",
] as const;

export type AgentTrigger = (typeof AGENT_TRIGGERS)[number];

/** Every trigger of a rollout has its word; a delivery that failed its tests, or that nobody could judge, is one that failed. */
const WORDS: Readonly<Record<RollbackTrigger, AgentTrigger>> = {
  deployment_failure: "deployment_failure",
  test_failure: "deployment_failure",
  no_data: "deployment_failure",
  health_check_failure: "health_check_failure",
  performance_degradation: "performance_degradation",
  security_violation: "security_violation",
  resource_exhaustion: "resource_exhaustion",
  manual: "manual_rollback",
  superseded: "manual_rollback",
};

export const agentTrigger = (trigger: RollbackTrigger | null): AgentTrigger => WORDS[trigger ?? "manual"];
