import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AGENT_ROLLBACK_STEPS } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentRollbackView } from "./agent.schema.ts";
import { agentFolders } from "./data.folders.ts";
import { type AgentServer, QUICK, startAgentServer } from "./testing/agent.server.ts";

let here: AgentServer;
beforeAll(async () => {
  here = await startAgentServer();
});
afterAll(() => here.close());

const AGENT = "survivor";
const ask = (question: string) => here.agent(`/staging/${AGENT}/ask?question=${encodeURIComponent(question)}`);

const finished = async (id: string) => {
  const { body } = await here.ask("GET", `/v1/rollouts/${id}/events?limit=200`);
  const items = body.items as { type: string; data: Record<string, unknown> }[];
  return items.filter(({ type }) => type === "agent.rollback.step.finished").map(({ data }) => data.step);
};

/** Answers as soon as so many acts have ended, or the rollback has. */
async function afterActs(id: string, count: number): Promise<AgentRollbackView> {
  for (;;) {
    const rollback = await here.server.call<AgentRollbackView>("GET", `/rollbacks/${id}/status`);
    const acts = [rollback.backup, ...rollback.steps].filter(
      ({ status }) => status !== "pending" && status !== "running",
    );
    if (acts.length >= count || rollback.status !== "running") return rollback;
  }
}

/** Killed at once, between acts, and so early or late that it depends on the machine what is under way. */
const MOMENTS = [0, 1, 2, 4, 6, 7];

test("a server that is killed in the middle of taking an agent back goes on when it is started again, and repeats nothing that shows", {
  timeout: 600_000,
}, async () => {
  await here.register(AGENT, "1.0.0");
  const first = await here.deploy({ agent_id: AGENT, version: "1.0.0", ...QUICK });
  expect(await here.ended(first.deployment_id)).toMatchObject({ status: "success" });
  await ask("1+1");
  for (const [index, acts] of MOMENTS.entries()) {
    const version = `1.1.${index}`;
    await here.register(AGENT, version);
    const deployed = await here.deploy({ agent_id: AGENT, version, ...QUICK });
    const { deployment_id: id, deployment_metadata } = await here.ended(deployed.deployment_id);
    await ask("2+2");
    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_options: { preserve_data: false } });
    await afterActs(rollback_id, acts);
    await here.server.kill();
    // Whoever calls the agent notices nothing: the gateway and the instances live on.
    expect(await here.agent(`/staging/${AGENT}/health`), `killed after ${acts}`).toMatchObject({ status: "ready" });
    await here.server.start();

    const rollback = await here.rolledBack(rollback_id);
    expect(rollback, JSON.stringify(rollback, null, 1)).toMatchObject({ status: "success", error_message: null });
    expect(await finished(id), `killed after ${acts}`).toEqual(["backup", ...AGENT_ROLLBACK_STEPS]);
    const folders = agentFolders(here.dataDir, deployment_metadata.deployment);
    expect(await readFile(join(folders.data, "memory.ndjson"), "utf8")).not.toContain("2+2");
    expect(await readFile(join(folders.backup(rollback_id), "files", "memory.ndjson"), "utf8")).toContain("2+2");
    await expect.poll(() => ask("3-1").catch(() => null)).toMatchObject({ version: "1.0.0" });
    const audit = await here.ask("GET", `/v1/audit?action=agent.rollback&subject=${id}`);
    expect(audit.body.items).toHaveLength(1);
  }
});
