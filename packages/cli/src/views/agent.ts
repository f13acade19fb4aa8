import type { Answer } from "@sluice/client";
import type { AgentStage } from "@sluice/core";
import { age, percent } from "../output/quantity.ts";
import { type Column, renderFields, renderTable } from "../output/table.ts";

export type AgentDeployment = Answer<"getAgentDeploymentStatus", 200>;
export type AgentRollback = Answer<"getAgentRollbackStatus", 200>;
type AgentMetrics = Answer<"getMetrics", 200>["metrics"];

export const agentColumns = (now: number): Column<AgentDeployment>[] => [
  { title: "deployment", value: ({ deployment_id }) => deployment_id },
  { title: "agent", value: ({ agent_id }) => agent_id },
  { title: "version", value: ({ deployment_metadata }) => deployment_metadata.version },
  { title: "environment", value: ({ environment }) => environment },
  { title: "stage", value: ({ stage }) => words(stage) },
  { title: "progress", value: ({ progress_percentage }) => percent(progress_percentage) },
  { title: "age", value: ({ created_at }) => age(created_at, now) },
];

const words = (stage: AgentStage): string => stage.replaceAll("_", " ");

/** A deployment with what was validated, tested and measured. */
export function renderAgentDeployment(deployment: AgentDeployment): string {
  const { deployment_metadata: metadata, monitoring_metrics: now, rollback } = deployment;
  const parts = [
    renderFields({
      deployment: deployment.deployment_id,
      agent: `${deployment.agent_id} ${metadata.version} in ${deployment.environment}`,
      stage: `${words(deployment.stage)} (${deployment.status}), ${percent(deployment.progress_percentage)}`,
      "expected end": deployment.estimated_completion,
      error: deployment.error_message,
      targets: metadata.targets?.map(({ target, state }) => `${target} ${state}`).join(", ") ?? null,
      endpoint: metadata.agent_endpoint,
      health: now.health_status,
      "response time": now.response_time === null ? null : `${now.response_time} s`,
      "error rate": now.error_rate === null ? null : percent(now.error_rate * 100),
      processor: now.resource_usage.cpu_percent === null ? null : percent(now.resource_usage.cpu_percent),
      memory: now.resource_usage.memory_mb === null ? null : `${now.resource_usage.memory_mb} MiB`,
      rollback: rollback === null ? null : `${rollback.rollback_id} (${rollback.status})`,
    }),
    results(deployment.validation_results, "validation"),
    results(deployment.test_results, "test"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

interface Result {
  test_name: string;
  passed: boolean | null;
  message: string;
}

function results(items: readonly Result[], title: string): string {
  if (items.length === 0) return "";
  return renderTable(items, [
    { title, value: ({ test_name }) => test_name },
    { title: "passed", value: ({ passed }) => (passed === null ? null : passed ? "yes" : "no") },
    { title: "message", value: ({ message }) => message },
  ]);
}

export function renderAgentRollback(rollback: AgentRollback): string {
  const { backup, steps } = rollback;
  const fields = renderFields({
    rollback: rollback.rollback_id,
    of: rollback.deployment_id,
    status: `${rollback.status}, ${percent(rollback.progress_percentage)}`,
    reason: `${rollback.rollback_reason} (${rollback.trigger})`,
    "expected end": rollback.estimated_completion,
    error: rollback.error_message,
  });
  const rows = [{ step: 0, title: "Back up the data", ...backup }, ...steps];
  const table = renderTable(rows, [
    { title: "step", value: ({ step }) => (step === 0 ? "-" : step) },
    { title: "what", value: ({ title }) => title },
    { title: "status", value: ({ status }) => status },
    { title: "message", value: ({ message }) => message },
  ]);
  return `${fields}\n\n${table}`;
}

export const renderAgentMetrics = (metrics: AgentMetrics): string =>
  renderFields({
    deployments: `${metrics.total_deployments} (${metrics.successful_deployments} successful, ${metrics.failed_deployments} failed), ${metrics.active_deployments} under way`,
    "success rate": percent(metrics.success_rate * 100),
    "average time": `${metrics.average_deployment_time.toFixed(1)} s`,
    "95th percentile": `${metrics.p95_deployment_time.toFixed(1)} s`,
    "average validation": `${metrics.average_validation_time.toFixed(1)} s`,
    "average test": `${metrics.average_test_time.toFixed(1)} s`,
    frequency: `${metrics.deployment_frequency.toFixed(1)} an hour`,
  });
