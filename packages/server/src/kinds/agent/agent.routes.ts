import { AGENT_STATUSES, agentDeploySchema, agentRollbackSchema, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../../http/app.types.ts";
import { pageQuery } from "../../http/page.ts";
import type { Services } from "../../http/services.ts";
import { agentDeploymentViewSchema, agentEnvironmentsSchema, agentRollbackViewSchema } from "./agent.schema.ts";

const tags = ["Agents"];
const id = z.string().min(1).max(64);

const deployBody = agentDeploySchema.meta({
  id: "DeployAgent",
  examples: [
    {
      agent_id: "financial_analyst_001",
      environment: "production",
      version: "1.2.0",
      deployment_options: {
        auto_rollback: true,
        monitoring_level: "comprehensive",
        resource_limits: { memory_mb: 2048, cpu_cores: 2, concurrent_tasks: 10 },
      },
      test_options: {
        performance_test: true,
        load_test: true,
        security_test: true,
        concurrent_users: 50,
        test_duration: 120,
      },
    },
  ],
});

const rollbackBody = agentRollbackSchema.meta({
  id: "RollBackAgent",
  examples: [
    {
      deployment_id: "rol_0199…",
      rollback_reason: "Performance degradation detected",
      rollback_options: { preserve_data: true, force_rollback: false, cleanup_resources: true },
    },
  ],
});

/** The interface for agents, beside the native one: see docs/guides/agents.md. */
export function agentRoutes(app: App, { agents }: Services): void {
  app.post(
    "/deploy",
    {
      schema: {
        operationId: "deployAgent",
        summary: "Deploy an agent: validate, test, shift traffic, watch, and take it back if it fails",
        description:
          "The agent is an artifact of kind agent that has been registered. Goes on after the answer: ask " +
          "`GET /deployments/{deployment_id}/status`. What serves already is not deployed again; the answer is the deployment that brought it.",
        tags,
        body: deployBody,
        response: { 200: agentDeploymentViewSchema },
      },
    },
    async ({ principal, body, headers }) => {
      const begun = await agents.deploy(principal, body);
      // With a key nothing is to be seen before the answer: both are committed together.
      if (headers["idempotency-key"] !== undefined || begun.status !== "running") return begun;
      return agents.firstLook(principal, begun.deployment_id, app.stopping);
    },
  );

  app.post(
    "/rollback",
    {
      schema: {
        operationId: "rollBackAgent",
        summary: "Take a deployment of an agent back to the version before",
        description:
          "Traffic goes back first; then follow a backup of the data, if asked for, and seven steps, each an event. Goes on after " +
          "the answer: ask `GET /rollbacks/{rollback_id}/status`. One that failed goes on where it stopped when it is asked for again.",
        tags,
        body: rollbackBody,
        response: { 200: agentRollbackViewSchema },
      },
    },
    ({ principal, body }) => agents.rollback(principal, body),
  );

  app.get(
    "/deployments",
    {
      schema: {
        operationId: "listAgentDeployments",
        summary: "List the deployments of agents that are under way, newest first; others when asked",
        tags,
        querystring: z.strictObject({
          project: nameSchema.optional(),
          environment: nameSchema.optional(),
          agent_id: nameSchema.optional(),
          status: z.enum([...AGENT_STATUSES, "all"]).default("running"),
          ...pageQuery,
        }),
        response: {
          200: z.object({ deployments: z.array(agentDeploymentViewSchema), next_cursor: z.string().nullable() }),
        },
      },
    },
    async ({ principal, query }) => {
      const { items, nextCursor } = await agents.list(principal, query);
      return { deployments: items, next_cursor: nextCursor };
    },
  );

  app.get(
    "/deployments/:deployment_id/status",
    {
      schema: {
        operationId: "getAgentDeploymentStatus",
        summary: "Where a deployment of an agent stands: stage, progress, validations, tests, and how it runs",
        tags,
        params: z.strictObject({ deployment_id: id }),
        response: { 200: agentDeploymentViewSchema },
      },
    },
    ({ principal, params }) => agents.get(principal, params.deployment_id),
  );

  app.get(
    "/rollbacks/:rollback_id/status",
    {
      schema: {
        operationId: "getAgentRollbackStatus",
        summary: "How far an agent has been taken back, step by step",
        tags,
        params: z.strictObject({ rollback_id: id }),
        response: { 200: agentRollbackViewSchema },
      },
    },
    ({ principal, params }) => agents.rollbackStatus(principal, params.rollback_id),
  );

  app.get(
    "/environments",
    {
      schema: {
        operationId: "listAgentEnvironments",
        summary: "The environments that agents go to, and what each gives and asks for",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional() }),
        response: { 200: agentEnvironmentsSchema },
      },
    },
    ({ principal, query }) => agents.environments(principal, query.project),
  );
}
