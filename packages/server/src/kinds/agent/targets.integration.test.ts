import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeploymentView } from "../../deployment/deployment.schema.ts";
import { type AgentFolders, agentFolders } from "./data.folders.ts";
import { type AgentServer, QUICK, startAgentServer } from "./testing/agent.server.ts";

const ENVIRONMENT = "abroad";
const TARGETS = ["eu", "us"];

let here: AgentServer;
beforeAll(async () => {
  here = await startAgentServer();
  const targets = TARGETS.map((name) => ({ type: "process", name }));
  await here.server.call("PUT", `/v1/environments/${ENVIRONMENT}`, { tier: "staging", targets });
});
afterAll(() => here.close());

const deploy = (agent: string, version: string) =>
  here.deploy({ agent_id: agent, environment: ENVIRONMENT, version, ...QUICK });

/** What the agent at a target answers. */
const askAt = (target: string, agent: string, question: string) =>
  here.agent(`/${ENVIRONMENT}/${agent}/ask?question=${encodeURIComponent(question)}`, {
    headers: { "x-sluice-target": target },
  });
const versionsOf = async (agent: string) =>
  Promise.all(TARGETS.map(async (target) => (await askAt(target, agent, "0").catch(() => null))?.version));

/** Where the data of each target are, by its name. */
async function foldersOf(deployment: string): Promise<Record<string, AgentFolders>> {
  const { members } = await here.server.call<DeploymentView>("GET", `/v1/deployments/${deployment}`);
  return Object.fromEntries((members ?? []).map(({ target, id }) => [target, agentFolders(here.dataDir, id)]));
}

/** Version 1.0.0 of a new agent serves at both targets, and was asked something at each. */
async function served(agent: string) {
  await here.register(agent, "1.0.0");
  const first = await here.ended((await deploy(agent, "1.0.0")).deployment_id);
  expect(first, JSON.stringify(first, null, 1)).toMatchObject({ status: "success" });
  for (const target of TARGETS) await askAt(target, agent, `1+${TARGETS.indexOf(target)}`);
  const folders = await foldersOf(first.deployment_metadata.deployment);
  const [eu, us] = TARGETS.map((target) => folders[target]);
  if (eu === undefined || us === undefined) throw new Error("there is no member at each target");
  return { first, eu, us };
}

const memory = (folder: string): Promise<string> => readFile(join(folder, "memory.ndjson"), "utf8");

describe("an agent at several targets", () => {
  test("goes from target to target though the server is killed, has data at each, and comes back as one with them", async () => {
    const { eu, us } = await served("traveller");
    expect([await memory(eu.data), await memory(us.data)]).toEqual([
      expect.stringContaining("1+0"),
      expect.stringContaining("1+1"),
    ]);
    await here.register("traveller", "1.1.0", "forgetful");
    const { deployment_id: id } = await deploy("traveller", "1.1.0");
    await here.until(id, ({ deployment_metadata: { targets } }) => targets?.[0]?.state === "done");
    await here.server.kill();
    await here.server.start();
    const ended = await here.ended(id);
    expect(ended, JSON.stringify(ended, null, 1)).toMatchObject({
      status: "success",
      stage: "completed",
      deployment_metadata: {
        version: "1.1.0",
        targets: [
          { target: "eu", state: "done", weight: 100 },
          { target: "us", state: "done", weight: 100 },
        ],
      },
    });
    // Its tests are those of the first target, and every figure is of both.
    expect(ended.test_results).toMatchObject([{ test_name: "functional_test", passed: true }]);
    expect(ended.monitoring_metrics.health_status).toBe("healthy");
    expect(await versionsOf("traveller")).toEqual(["1.1.0", "1.1.0"]);
    expect([await memory(eu.data), await memory(us.data)].join()).not.toContain("1+");

    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_options: { preserve_data: false } });
    await here.server.kill();
    await here.server.start();
    const rollback = await here.rolledBack(rollback_id);
    expect(rollback, JSON.stringify(rollback, null, 1)).toMatchObject({
      status: "success",
      error_message: null,
      backup: { status: "done", message: expect.stringMatching(/^eu: .*; us: /) },
    });
    expect(rollback.steps.map(({ status }) => status)).toEqual(rollback.steps.map(() => "done"));
    await expect.poll(() => versionsOf("traveller")).toEqual(["1.0.0", "1.0.0"]);
    expect([await memory(eu.data), await memory(us.data)]).toEqual([
      expect.stringContaining("1+0"),
      expect.stringContaining("1+1"),
    ]);
    const list = await here.ask("GET", `/deployments?agent_id=traveller&status=all`);
    // One view: neither what went on at single targets nor the way back is a deployment of its own.
    expect((list.body.deployments as { stage: string }[]).map(({ stage }) => stage)).toEqual([
      "rolled_back",
      "completed",
    ]);
  });

  test("that does not start is taken back at the first target, and never comes to the second", async () => {
    const { first, us } = await served("careful");
    const before = await here.ask("GET", "/metrics");
    await here.register("careful", "1.1.0", "good", { command: ["node", "-e", "process.exit(3)"] });
    const { deployment_id: id } = await deploy("careful", "1.1.0");
    const ended = await here.ended(id);
    expect(ended).toMatchObject({
      status: "failed",
      stage: "rolled_back",
      error_message: expect.stringMatching(/^target eu: /),
      rollback: { status: "success" },
      deployment_metadata: { targets: [{ target: "eu" }, { target: "us", state: "waiting" }] },
    });
    expect(await versionsOf("careful")).toEqual(["1.0.0", "1.0.0"]);
    expect(await memory(us.data)).toContain("1+1");
    const failed = ({ body }: { body: Record<string, unknown> }) =>
      (body.metrics as { failed_deployments: number }).failed_deployments;
    // Counted once, wherever it failed.
    expect(failed(await here.ask("GET", "/metrics")) - failed(before)).toBe(1);
    expect(first.deployment_metadata.targets).toHaveLength(2);
  });

  test("that fails at the second target goes back at the first as well, in seven steps at both", async () => {
    const { us } = await served("uneven");
    await writeFile(join(us.data, "broken"), "");
    const command = ["sh", "-c", 'test ! -e "$SLUICE_DATA_FOLDER/broken" && exec node agent.mjs'];
    await here.register("uneven", "1.1.0", "good", { command });
    const { deployment_id: id } = await deploy("uneven", "1.1.0");
    const ended = await here.ended(id);
    expect(ended, JSON.stringify(ended, null, 1)).toMatchObject({
      status: "failed",
      stage: "rolled_back",
      error_message: expect.stringMatching(/^target us: /),
      rollback: { status: "success", rollback_options: { preserve_data: true } },
    });
    const stopped = ended.rollback?.steps.find(({ name }) => name === "stop_instance");
    expect(stopped?.message).toMatch(/^eu: no instance of revision 2 runs any more; us: no instance of revision 2/);
    expect(await versionsOf("uneven")).toEqual(["1.0.0", "1.0.0"]);
    expect(await memory(us.data)).toContain("1+1");
  });

  test("is taken back as a whole, not at one of its targets", async () => {
    const { first } = await served("whole");
    const { members } = await here.server.call<{ members: { rollout: string }[] }>(
      "GET",
      `/v1/rollouts/${first.deployment_id}`,
    );
    expect(await here.ask("POST", "/rollback", { deployment_id: members[0]?.rollout })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`take ${first.deployment_id} back`) },
    });
    // The first one of all has nothing to go back to; forced, the agent is stopped everywhere.
    const forced = { deployment_id: first.deployment_id, rollback_options: { force_rollback: true } };
    const { rollback_id } = await here.rollback(forced);
    expect(await here.rolledBack(rollback_id)).toMatchObject({ status: "success" });
    const deployment = await here.server.call<DeploymentView>(
      "GET",
      `/v1/deployments/${first.deployment_metadata.deployment}`,
    );
    expect(deployment).toMatchObject({ status: "stopped", split: [{ instances: { ready: 0 } }] });
  });
});
