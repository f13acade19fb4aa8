import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AGENT_ROLLBACK_STEPS, type CopyManifest } from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentFolders } from "./data.folders.ts";
import { type AgentServer, QUICK, startAgentServer } from "./testing/agent.server.ts";

let here: AgentServer;
beforeAll(async () => {
  here = await startAgentServer();
});
afterAll(() => here.close());

const READER = { headers: { authorization: "Bearer reader" } };

/** The calculations that an agent remembers, through the gateway. */
async function remembered(agent: string, environment = "staging"): Promise<string[]> {
  const answer = await here.agent(`/${environment}/${agent}/memory`, READER);
  return (answer.remembered as { question: string }[] | undefined)?.map(({ question }) => question) ?? [];
}
const askAgent = (agent: string, question: string, environment = "staging") =>
  here.agent(`/${environment}/${agent}/ask?question=${encodeURIComponent(question)}`);

/** Two versions delivered one after the other; each was asked something. Answers the second delivery. */
async function twice(agent: string, environment = "staging", mode = "good") {
  await here.register(agent, "1.0.0");
  await here.register(agent, "1.1.0", mode);
  const first = await here.deploy({ agent_id: agent, environment, version: "1.0.0", ...QUICK });
  expect(await here.ended(first.deployment_id)).toMatchObject({ status: "success" });
  await askAgent(agent, "1+1", environment);
  const second = await here.deploy({ agent_id: agent, environment, version: "1.1.0", ...QUICK });
  const ended = await here.ended(second.deployment_id);
  expect(ended, JSON.stringify(ended, null, 1)).toMatchObject({ status: "success", stage: "completed" });
  await askAgent(agent, "2+2", environment);
  const folders = agentFolders(here.dataDir, ended.deployment_metadata.deployment);
  return {
    id: second.deployment_id,
    first: first.deployment_id,
    folders,
    revision: ended.deployment_metadata.revision,
  };
}

const events = async (rollout: string) => {
  const page = await here.ask("GET", `/v1/rollouts/${rollout}/events?limit=200`);
  return page.body.items as { type: string; alert: boolean; data: Record<string, unknown> }[];
};

const manifestOf = async (folder: string): Promise<CopyManifest> =>
  JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));

describe("taking back what was completed", () => {
  test("runs the seven steps in their order, each an event, keeps the data and backs it up first", async () => {
    const { id, folders, revision } = await twice("keeper");
    expect((await readdir(folders.temporary(revision))).length).toBeGreaterThan(0);
    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_reason: "it is slow" });
    const rollback = await here.rolledBack(rollback_id);
    expect(rollback, JSON.stringify(rollback, null, 1)).toMatchObject({
      status: "success",
      progress_percentage: 100,
      estimated_completion: null,
      error_message: null,
      rollback_options: {
        preserve_data: true,
        force_rollback: false,
        cleanup_resources: true,
        backup_before_rollback: true,
      },
      backup: { status: "done" },
    });
    expect(rollback.steps.map(({ step, name, status }) => [step, name, status])).toEqual(
      AGENT_ROLLBACK_STEPS.map((name, index) => [index + 1, name, "done"]),
    );
    // Version 1.0.0 serves again and remembers what 1.1.0 was asked.
    expect(await askAgent("keeper", "3+3")).toMatchObject({ version: "1.0.0" });
    expect(await remembered("keeper")).toEqual(["1+1", "2+2", "3+3"]);
    expect(existsSync(folders.temporary(revision))).toBe(false);
    const backup = await manifestOf(folders.backup(rollback_id));
    expect(backup).toMatchObject({ agent: "keeper", leftOut: [], files: [{ path: "memory.ndjson", type: "file" }] });
    expect(await readFile(join(folders.backup(rollback_id), "files", "memory.ndjson"), "utf8")).toContain("2+2");

    const told = await events(id);
    const steps = told.filter(({ type }) => type === "agent.rollback.step.finished");
    expect(steps.map(({ data }) => data.step)).toEqual(["backup", ...AGENT_ROLLBACK_STEPS]);
    // Traffic went first: the way back was complete before the first instance was stopped.
    const everything = (await here.ask("GET", "/v1/events?limit=200")).body.items as { type: string; data: object }[];
    const turned = everything.findIndex(({ data }) => Reflect.get(data, "to") === "rolled_back");
    const stopped = everything.findIndex(({ data }) => Reflect.get(data, "step") === "stop_instance");
    expect(turned).toBeGreaterThanOrEqual(0);
    expect(turned).toBeLessThan(stopped);
    expect(told.filter(({ type }) => type === "agent.rolled_back")).toMatchObject([
      { alert: false, data: { trigger: "manual_rollback" } },
    ]);
    const audit = await here.ask("GET", `/v1/audit?action=agent.rollback&subject=${id}`);
    expect(audit.body.items).toMatchObject([{ detail: { rollback: rollback_id, reason: "it is slow" } }]);
    expect(await here.status(id)).toMatchObject({ stage: "rolled_back", status: "failed", rollback: { rollback_id } });
  });

  test("without preserve_data the data is as it was before the deployment, and what serves sees that", async () => {
    const { id, folders } = await twice("forgetter");
    const { rollback_id } = await here.rollback({
      deployment_id: id,
      rollback_options: { preserve_data: false, backup_before_rollback: true },
    });
    const rollback = await here.rolledBack(rollback_id);
    expect(rollback, JSON.stringify(rollback, null, 1)).toMatchObject({ status: "success" });
    expect(rollback.steps[3]?.message).toContain("the data is as it was before");
    expect(await remembered("forgetter")).toEqual(["1+1"]);
    expect(await askAgent("forgetter", "5+5")).toMatchObject({ version: "1.0.0" });
    expect(await readFile(join(folders.data, "memory.ndjson"), "utf8")).not.toContain("2+2");
    // Nothing is lost: the backup has it.
    expect(await readFile(join(folders.backup(rollback_id), "files", "memory.ndjson"), "utf8")).toContain("2+2");
  });

  test("options that are switched off leave temporary files and make no backup", async () => {
    const { id, folders, revision } = await twice("careless");
    const { rollback_id } = await here.rollback({
      deployment_id: id,
      rollback_options: { cleanup_resources: false, backup_before_rollback: false },
    });
    expect(await here.rolledBack(rollback_id)).toMatchObject({ status: "success", backup: { status: "skipped" } });
    expect((await readdir(folders.temporary(revision))).length).toBeGreaterThan(0);
    expect(existsSync(folders.backup(rollback_id))).toBe(false);
  });

  test("in development no backup is made unless it is asked for", async () => {
    const { id } = await twice("developer", "development");
    const rollback = await here.rollback({ deployment_id: id });
    expect(rollback.rollback_options.backup_before_rollback).toBe(false);
    await here.rolledBack(rollback.rollback_id);
  });

  test("a damaged snapshot stops it with the data untouched; forced, it goes on and says what did not work", async () => {
    const { id, folders } = await twice("damaged");
    await writeFile(join(folders.snapshot(id), "files", "memory.ndjson"), "somebody was here\n");
    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_options: { preserve_data: false } });
    const stopped = await here.rolledBack(rollback_id);
    expect(stopped).toMatchObject({ status: "failed" });
    expect(stopped.error_message).toMatch(/Clean up resources and data failed: .* is damaged \(memory\.ndjson\)/);
    expect(stopped.steps.map(({ status }) => status).slice(3)).toEqual(["failed", "pending", "pending", "pending"]);
    expect(await remembered("damaged")).toEqual(["1+1", "2+2"]);
    expect((await here.status(id)).error_message).toContain("it could not be taken back");

    const again = await here.rollback({
      deployment_id: id,
      rollback_options: { preserve_data: false, force_rollback: true },
    });
    expect(again.rollback_id).toBe(rollback_id);
    const forced = await here.rolledBack(rollback_id);
    expect(forced).toMatchObject({ status: "success", progress_percentage: 100 });
    expect(forced.error_message).toContain("is damaged");
  });

  test("what was taken back is not taken back again", async () => {
    const { id } = await twice("once");
    const { rollback_id } = await here.rollback({ deployment_id: id });
    await here.rolledBack(rollback_id);
    const { status, body } = await here.ask("POST", "/rollback", { deployment_id: id });
    expect(status).toBe(409);
    expect(body.detail).toContain(`was taken back already, by ${rollback_id}`);
  });

  test("the version can be deployed again, and is", async () => {
    const { id } = await twice("stubborn");
    await here.rolledBack((await here.rollback({ deployment_id: id })).rollback_id);
    const again = await here.deploy({ agent_id: "stubborn", version: "1.1.0", ...QUICK });
    expect(again.deployment_id).not.toBe(id);
    expect(await here.ended(again.deployment_id)).toMatchObject({ status: "success" });
    expect(await askAgent("stubborn", "3+3")).toMatchObject({ version: "1.1.0" });
  });
});

describe("an agent's first deployment", () => {
  test("has nothing to go back to, unless it is forced: then the agent is stopped, and can be deployed again", async () => {
    await here.register("lonely", "1.0.0");
    const { deployment_id: id } = await here.deploy({ agent_id: "lonely", ...QUICK });
    await here.ended(id);
    const refused = await here.ask("POST", "/rollback", { deployment_id: id });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain(
      "there is no version to go back to; with force_rollback the agent is stopped",
    );
    // Nothing half-made: it can be asked for again.
    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_options: { force_rollback: true } });
    const rollback = await here.rolledBack(rollback_id);
    expect(rollback, JSON.stringify(rollback, null, 1)).toMatchObject({ status: "success" });
    expect(rollback.steps[2]).toMatchObject({ name: "restore_previous_version", status: "skipped" });
    expect(await here.status(id)).toMatchObject({ stage: "rolled_back" });
    const again = await here.deploy({ agent_id: "lonely", ...QUICK });
    expect(again.deployment_id).not.toBe(id);
    expect(await here.ended(again.deployment_id)).toMatchObject({ status: "success" });
    expect(await askAgent("lonely", "1+2")).toMatchObject({ answer: 3 });
  });
});

describe("a deployment that fails by itself", () => {
  test("is taken back by its tests, with the seven steps and an alert, and the data is kept", async () => {
    await here.register("failing", "1.0.0");
    await here.register("failing", "1.1.0", "failing");
    await here.ended((await here.deploy({ agent_id: "failing", version: "1.0.0", ...QUICK })).deployment_id);
    await askAgent("failing", "1+1");
    const { deployment_id: id } = await here.deploy({
      agent_id: "failing",
      version: "1.1.0",
      deployment_options: { monitoring_level: "minimal" },
      test_options: {
        security_test: false,
        functional_requests: [{ name: "counts", request: { path: "/ask?question=1%2B1" }, expect: { status: 200 } }],
      },
    });
    const failed = await here.until(id, ({ stage }) => stage === "rolled_back");
    expect(failed).toMatchObject({
      status: "failed",
      rollback: { status: "success", trigger: "deployment_failure" },
    });
    expect(failed.error_message).toContain("functional/counts");
    expect(failed.test_results).toMatchObject([{ test_name: "functional_test", status: "completed", passed: false }]);
    const told = await events(id);
    expect(told.filter(({ type }) => type === "agent.rolled_back")).toMatchObject([{ alert: true }]);
    expect(told.filter(({ type }) => type === "agent.rollback.step.finished")).toHaveLength(8);
    expect(await remembered("failing")).toEqual(["1+1"]);
  });

  test("with auto_rollback false it stays where it is, paused, and says why", async () => {
    await here.register("held", "1.0.0");
    await here.register("held", "1.1.0", "failing");
    await here.ended((await here.deploy({ agent_id: "held", version: "1.0.0", ...QUICK })).deployment_id);
    const { deployment_id: id } = await here.deploy({
      agent_id: "held",
      version: "1.1.0",
      deployment_options: { auto_rollback: false, monitoring_level: "minimal" },
      test_options: {
        security_test: false,
        functional_requests: [{ name: "counts", request: { path: "/ask?question=1%2B1" }, expect: { status: 200 } }],
      },
    });
    const held = await here.until(id, ({ deployment_metadata }) => deployment_metadata.paused);
    expect(held).toMatchObject({ status: "running", stage: "testing", estimated_completion: null, rollback: null });
    expect(held.error_message).toContain("functional/counts");
    const { rollback_id } = await here.rollback({ deployment_id: id, rollback_reason: "as seen" });
    expect(await here.rolledBack(rollback_id)).toMatchObject({ status: "success" });
    expect(await here.status(id)).toMatchObject({ stage: "rolled_back" });
  });
});
