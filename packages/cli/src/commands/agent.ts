import { setTimeout as pause } from "node:timers/promises";
import { ok } from "@sluice/client";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, option, required, type WaitFlags, waitOptions } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { followRollout } from "../follow.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import type { Session } from "../session.ts";
import {
  type AgentRollback,
  agentColumns,
  renderAgentDeployment,
  renderAgentMetrics,
  renderAgentRollback,
} from "../views/agent.ts";
import {
  type AgentDeployFlags,
  type AgentRollbackFlags,
  agentDeployBody,
  agentDeployOptions,
  agentRollbackBody,
  agentRollbackOptions,
} from "./agent.options.ts";

interface Where {
  environment?: string;
}

interface Filter extends ListFlags, Where {
  agent?: string;
  status?: "running" | "success" | "failed" | "all";
}

const whereOption = (): Option => option("-e, --environment <name>", "environment, when an agent is named");

export function addAgentCommands(cli: Cli, program: Command): void {
  const group = addGroup(
    program,
    "agent",
    "Agents: deployed with validation, tests and a watch, taken back in seven steps. <deployment> is an id, or an agent for its last one.",
  );
  addCommand<AgentDeployFlags & WaitFlags>(cli, group, {
    syntax: "deploy <agent>",
    description: "Deploy a version of a registered agent.",
    examples: [
      "sluice agent deploy analyst -e production --version 1.2.0 --monitoring comprehensive --wait",
      "sluice agent deploy analyst --load-test --concurrent-users 100 --test-duration 30",
    ],
    options: [...agentDeployOptions(), ...waitOptions()],
    run: async (session, flags, agent) => {
      const body = agentDeployBody(required(agent), session.scope, flags);
      const deployment = await ok(session.client.http.POST("/deploy", { body }));
      if (flags.wait === true) return followRollout(session, flags, deployment.deployment_id);
      session.print(deployment, () => renderAgentDeployment(deployment));
      session.note(`Look at it with: sluice agent status ${deployment.deployment_id}`);
      return undefined;
    },
  });
  addCommand<Where>(cli, group, {
    syntax: "status <deployment>",
    description: "Show where a deployment stands, or a rollback (rbk_…) step by step.",
    examples: ["sluice agent status analyst -e production", "sluice agent status rol_0198… -o json"],
    options: [whereOption()],
    run: async (session, flags, reference) => {
      const asked = required(reference);
      if (asked.startsWith("rbk_")) {
        const rollback = await rollbackOf(session, asked);
        session.print(rollback, () => renderAgentRollback(rollback));
        return undefined;
      }
      const params = { path: { deployment_id: await resolve(session, flags, asked) } };
      const deployment = await ok(session.client.http.GET("/deployments/{deployment_id}/status", { params }));
      session.print(deployment, () => renderAgentDeployment(deployment));
      return undefined;
    },
  });
  addCommand<AgentRollbackFlags & Where & WaitFlags>(cli, group, {
    syntax: "rollback <deployment>",
    description: "Take a deployment back to the version before; one that failed half-way goes on.",
    examples: [
      'sluice agent rollback analyst -e production --reason "answers are slow" --wait',
      "sluice agent rollback rol_0198… --no-preserve-data --backup",
    ],
    options: [
      ...agentRollbackOptions(),
      whereOption(),
      option("--wait", "stay until the last step; a rollback that fails is exit code 8"),
      ...waitOptions().slice(1),
    ],
    run: async (session, flags, reference) => {
      const id = await resolve(session, flags, required(reference));
      const begun = await ok(session.client.http.POST("/rollback", { body: agentRollbackBody(id, flags) }));
      const rollback = flags.wait === true ? await waitFor(session, begun, flags.timeout) : begun;
      session.print(rollback, () => renderAgentRollback(rollback));
      return exitCodeOf(rollback);
    },
  });
  addCommand<Filter>(cli, group, {
    syntax: "list",
    description: "List deployments of agents that are under way, newest first; others with --status.",
    examples: ["sluice agent list", "sluice agent list --status all --agent analyst"],
    options: [
      option("--agent <name>", "only of this agent"),
      option("-e, --environment <name>", "only in this environment"),
      new Option("--status <status>", "which (default: running)").choices(["running", "success", "failed", "all"]),
      limitOption(),
    ],
    run: (session, { agent, environment, status, ...flags }) => {
      const filter = {
        ...(agent !== undefined && { agent_id: agent }),
        ...(environment !== undefined && { environment }),
        ...(status !== undefined && { status }),
      };
      return printList(session, flags, agentColumns(session.io.now()), async (query) => {
        const params = { query: { ...query, ...filter } };
        const page = await ok(session.client.http.GET("/deployments", { params }));
        return { items: page.deployments, nextCursor: page.next_cursor };
      });
    },
  });
  addCommand(cli, group, {
    syntax: "metrics",
    description: "Show how many deployments of agents succeeded, and how long they took.",
    examples: ["sluice agent metrics", "sluice agent metrics -o json"],
    run: async (session) => {
      const headers = { accept: "application/json" };
      const { metrics } = await ok(session.client.http.GET("/metrics", { headers }));
      session.print({ metrics }, () => renderAgentMetrics(metrics));
      return undefined;
    },
  });
}

/** The id of a deployment: given as it is, or as an agent, whose last one is meant. */
async function resolve(session: Session, { environment }: Where, reference: string): Promise<string> {
  if (reference.startsWith("rol_")) return reference;
  const where = { ...session.scope, ...(environment !== undefined && { environment }) };
  const query = { ...where, agent_id: reference, status: "all" as const, limit: 1 };
  const { deployments } = await ok(session.client.http.GET("/deployments", { params: { query } }));
  const [last] = deployments;
  if (last !== undefined) return last.deployment_id;
  const place = environment === undefined ? "" : ` in ${environment}`;
  throw new CliError(EXIT.notFound, `agent ${reference} has had no deployment${place} yet`);
}

const rollbackOf = (session: Session, id: string): Promise<AgentRollback> =>
  ok(session.client.http.GET("/rollbacks/{rollback_id}/status", { params: { path: { rollback_id: id } } }));

const LOOK_EVERY_MS = 500;

/** The rollback as it ended. Throws when that takes longer than the caller waits, or is interrupted; it goes on all the same. */
async function waitFor(session: Session, begun: AgentRollback, timeoutMs?: number): Promise<AgentRollback> {
  const interrupted = session.io.interrupted();
  const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : session.io.now() + timeoutMs;
  for (let rollback = begun; ; rollback = await rollbackOf(session, begun.rollback_id)) {
    if (rollback.status !== "running") return rollback;
    if (interrupted.aborted) throw new CliError(EXIT.interrupted, `interrupted; ${rollback.rollback_id} goes on`);
    if (session.io.now() >= deadline) throw new CliError(EXIT.timeout, `${rollback.rollback_id} is still running`);
    await pause(LOOK_EVERY_MS);
  }
}

const exitCodeOf = ({ status }: AgentRollback): ExitCode => (status === "failed" ? EXIT.failed : EXIT.ok);
