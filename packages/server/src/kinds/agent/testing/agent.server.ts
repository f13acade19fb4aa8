import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { type ServerProcess, serverProcess } from "../../../testing/server.process.ts";
import type { AgentDeploymentView, AgentRollbackView } from "../agent.schema.ts";

/** A real server on a data folder of its own, and what its tests ask of it. */
export interface AgentServer {
  server: ServerProcess;
  dataDir: string;
  /** Registers a version of an agent that is the example's program. */
  register(agent: string, version: string, mode?: string, spec?: object): Promise<void>;
  deploy(body: object): Promise<AgentDeploymentView>;
  status(id: string): Promise<AgentDeploymentView>;
  /** The deployment as soon as `holds` is true of it. */
  until(id: string, holds: (deployment: AgentDeploymentView) => boolean): Promise<AgentDeploymentView>;
  ended(id: string): Promise<AgentDeploymentView>;
  rollback(body: object): Promise<AgentRollbackView>;
  rolledBack(id: string): Promise<AgentRollbackView>;
  /** The status and the body of an answer that may be a refusal. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** What the agent itself answers through the gateway. */
  agent(path: string, init?: RequestInit): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Nothing but what must be: for tests that are about something else than tests. */
export const QUICK = {
  deployment_options: { monitoring_level: "minimal" },
  test_options: { performance_test: false, load_test: false, security_test: false },
};

export async function startAgentServer(settings: Record<string, string> = {}): Promise<AgentServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-agents-"));
  const server = await serverProcess(dataDir, settings);
  const close = async (): Promise<void> => {
    await server.kill();
    await server.down();
    await rm(dataDir, { recursive: true, force: true });
  };
  await server.start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const known = new Set<string>();

  const ask: AgentServer["ask"] = async (method, path, body) => {
    const headers = { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }) };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: text }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const status = (id: string) => server.call<AgentDeploymentView>("GET", `/deployments/${id}/status`);
  const until: AgentServer["until"] = async (id, holds) => {
    let last: AgentDeploymentView | undefined;
    await expect
      .poll(
        async () => {
          // The server may be dead on purpose.
          last = await status(id).catch(() => last);
          return last !== undefined && holds(last);
        },
        { timeout: 90_000, interval: 100, message: `in vain waited for ${id}` },
      )
      .toBe(true)
      .catch((error: unknown) => {
        throw new Error(`${error}: ${JSON.stringify(last, null, 1)}\n${server.output.slice(-3_000)}`);
      });
    if (last === undefined) throw new Error(`${id} was never seen`);
    return last;
  };

  return {
    server,
    dataDir,
    async register(agent, version, mode = "good", more = {}) {
      if (!known.has(agent)) await server.call("POST", "/v1/artifacts", { name: agent, kind: "agent" });
      known.add(agent);
      const env = { MODE: mode, VERSION: version };
      const spec = { command: ["node", "agent.mjs"], workdir: "examples/agent", env, ...more };
      await server.call("POST", `/v1/artifacts/${agent}/versions`, { version, spec });
    },
    deploy: (body) => server.call("POST", "/deploy", body),
    status,
    until,
    ended: (id) => until(id, ({ status: now }) => now !== "running"),
    rollback: (body) => server.call("POST", "/rollback", body),
    async rolledBack(id) {
      let last: AgentRollbackView | undefined;
      await expect
        .poll(
          async () => {
            last = await server.call<AgentRollbackView>("GET", `/rollbacks/${id}/status`).catch(() => last);
            return last?.status;
          },
          { timeout: 90_000, interval: 100, message: `in vain waited for ${id}` },
        )
        .not.toBe("running");
      if (last === undefined) throw new Error(`${id} was never seen`);
      return last;
    },
    ask,
    async agent(path, init) {
      const response = await fetch(`${server.gatewayUrl}/agents${path}`, init);
      return (await response.json()) as Record<string, unknown>;
    },
    close,
  };
}

/**
 * Whether `actual` has every field of what a document prints, each of the printed type. Of a printed list the first entry is looked
 * for in the first of the actual list.
 */
export function expectPrinted(actual: unknown, printed: unknown, path = "$"): void {
  if (Array.isArray(printed)) {
    expect(Array.isArray(actual), `${path} is a list`).toBe(true);
    const [first] = printed;
    if (first !== undefined) expectPrinted((actual as unknown[])[0], first, `${path}[0]`);
    return;
  }
  if (typeof printed !== "object" || printed === null) {
    expect(typeof actual, `type of ${path}, which is ${JSON.stringify(actual)}`).toBe(typeof printed);
    return;
  }
  expect(typeof actual, `${path} is an object`).toBe("object");
  for (const [name, value] of Object.entries(printed)) {
    expect(actual, path).toHaveProperty([name]);
    expectPrinted(Reflect.get(actual as object, name), value, `${path}.${name}`);
  }
}
