import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Delivery, startDelivery, WAITING_CANARY } from "../deployment/testing/delivery.fixture.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
});
afterAll(() => api.close());

const process = (name: string) => ({ type: "process", name });

/** An environment with these targets, and whatever else is said. */
async function environment(name: string, targets: string[], more: object = {}): Promise<string> {
  const body = { tier: "custom", targets: targets.map(process), ...more };
  const { status, text } = await api.ask("PUT", `/v1/environments/${name}`, { body });
  if (status >= 300) throw new Error(text);
  return name;
}

const command = (rollout: string, name: string) => api.ask("POST", `/v1/rollouts/${rollout}/${name}`);
const memberOf = async (id: string, target: string) => {
  const { members } = await api.deployment(id);
  const found = members?.find((member) => member.target === target);
  if (found === undefined) throw new Error(`nothing at ${target}`);
  return found;
};
const statesOf = async (rollout: string) =>
  Object.fromEntries((await api.rollout(rollout)).members?.map(({ target, state }) => [target, state]) ?? []);
const servesAt = async (id: string) =>
  Object.fromEntries((await api.deployment(id)).members?.map(({ target, version }) => [target, version]) ?? []);

/** Instances of this version never get ready at this deployment. */
function breakAt(deployment: string, revision: number): void {
  api.runtime.breaks((workload) => workload.deployment === deployment && workload.revision === revision);
}

describe("a deployment in an environment with several targets", () => {
  test("is one in every list, with a member for each target that serves under the same revision", async () => {
    const name = await environment("both", ["eu", "us"]);
    const placed: string[] = [];
    api.runtime.breaks(({ placement }) => {
      placed.push(`${placement?.name} at ${placement?.target.name}`);
      return false;
    });
    const { id } = await api.serve("one", { environment: name });
    const deployment = await api.deployment(id);
    expect(deployment).toMatchObject({ status: "running", version: "1.0.0", revision: 1, target: null });
    expect(deployment.members).toMatchObject([
      { target: "eu", name: "one@eu", status: "running", version: "1.0.0", revision: 1, endpoints: { headers: {} } },
      { target: "us", status: "running", endpoints: { headers: { "x-sluice-target": "us" } } },
    ]);
    expect(deployment.split).toMatchObject([{ revision: 1, weight: 100, instances: { desired: 2, ready: 2 } }]);
    // Objects in a cluster are called as people call it; figures at one gateway are told apart.
    expect(api.gateway.config((await memberOf(id, "us")).id)?.deployment).toBe("one@us");
    expect(placed).toContain("one at us");
    const { body } = await api.ask("GET", `/v1/deployments?environment=${name}`);
    expect((body as { items: { name: string }[] }).items.map((item) => item.name)).toEqual(["one"]);
    const rollouts = (await api.ask("GET", `/v1/rollouts?environment=${name}`)).body as { items: unknown[] };
    expect(rollouts.items).toHaveLength(1);
  });

  test("delivers wave after wave, each under the strategy that was asked for, with a bake between", async () => {
    const waves = [{ targets: ["eu"], bakeSeconds: 1 }, { targets: ["us", "asia"] }];
    const name = await environment("baked", ["eu", "us", "asia"], { waves, protection: { fourEyes: false } });
    const { id } = await api.serve("waved", { environment: name });
    const rollout = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    expect(rollout.steps.map(({ type }) => type)).toEqual(["wave", "wait", "wave"]);
    const asked = await api.until(rollout.id, ({ members }) => members?.some((one) => one.asksApproval) ?? false);
    expect(await statesOf(rollout.id)).toEqual({ eu: "underway", us: "waiting", asia: "waiting" });
    expect(asked.allowedCommands).toContain("approve");
    expect(asked.explanation).toContain("eu (a step there waits for approval)");
    expect(api.gateway.config((await memberOf(id, "us")).id)?.split).toEqual([{ revision: 1, weight: 10_000 }]);
    await command(rollout.id, "approve");
    const ended = await api.ended(rollout.id);
    expect(ended).toMatchObject({ phase: "completed", weight: 100, progressPercentage: 100 });
    // Whoever was asked at the first target is not asked again at the others.
    expect(await servesAt(id)).toEqual({ eu: "1.1.0", us: "1.1.0", asia: "1.1.0" });
    const [first, bake, second] = ended.steps;
    expect(Date.parse(second?.startedAt ?? "") - Date.parse(first?.finishedAt ?? "")).toBeGreaterThanOrEqual(1_000);
    expect(bake).toMatchObject({ type: "wait", seconds: 1, status: "done" });
  });

  test("is planned with its waves, how long they take, and when harm is noticed at a target", async () => {
    const waves = [
      { targets: ["eu"], bakeSeconds: 100 },
      { targets: ["us", "asia"], maxParallel: 1 },
    ];
    const name = await environment("planned", ["eu", "us", "asia"], { waves });
    await api.serve("planned", { environment: name });
    const strategy = {
      type: "canary",
      steps: [{ setWeight: 5 }, { wait: { approval: true } }, { wait: { seconds: 60 } }],
    };
    const baseline = { errorRate: 0.01, requestsPerSecond: 50 };
    const body = { deployment: "planned", environment: name, version: "1.1.0", strategy, baseline };
    expect(await api.ask("POST", "/v1/rollouts/plan", { body })).toMatchObject({
      status: 200,
      body: {
        steps: [
          { type: "wave", targets: ["eu"], seconds: 60 },
          { type: "wait", seconds: 100 },
          { type: "wave", targets: ["us", "asia"], maxParallel: 1, seconds: 120 },
        ],
        shortestSeconds: 280,
        approvals: { steps: 1 },
        requestsToNotice: [{ weight: 5 }],
      },
    });
  });

  test("goes back at every target when one fails", async () => {
    const name = await environment("back", ["eu", "us"]);
    const { id } = await api.serve("failing", { environment: name, config: { progressDeadlineSeconds: 5 } });
    breakAt((await memberOf(id, "us")).id, 2);
    const rollout = await api.rollOut(id, { version: "1.1.0" });
    const ended = await api.ended(rollout.id);
    expect(ended).toMatchObject({ phase: "rolled_back", reason: expect.stringMatching(/^target us: .*exits at once/) });
    expect(await servesAt(id)).toEqual({ eu: "1.0.0", us: "1.0.0" });
    expect(await api.deployment(id)).toMatchObject({ status: "running", version: "1.0.0", revision: 1 });
  });

  test("stops with every target as it is where the environment says so, and tries again when somebody goes on", async () => {
    const name = await environment("stopped", ["eu", "us", "asia"], { onWaveFailure: "stop" });
    const { id } = await api.serve("held", { environment: name });
    breakAt((await memberOf(id, "us")).id, 2);
    const rollout = await api.rollOut(id, { version: "1.1.0" });
    const held = await api.until(rollout.id, ({ paused }) => paused);
    expect(held.explanation).toMatch(/because target us: .*a person may resume it or roll it back/);
    expect(await servesAt(id)).toEqual({ eu: "1.1.0", us: "1.0.0", asia: "1.0.0" });
    api.runtime.breaks(() => false);
    await command(rollout.id, "resume");
    expect(await api.ended(rollout.id)).toMatchObject({ phase: "completed" });
    expect(await servesAt(id)).toEqual({ eu: "1.1.0", us: "1.1.0", asia: "1.1.0" });
  });

  test("takes a first delivery away again where another target fails it", async () => {
    const name = await environment("first", ["eu", "us"]);
    api.runtime.breaks(({ placement }) => placement?.target.name === "us");
    const { deployment, rollout } = await api.create("never", { environment: name });
    expect(await api.ended(rollout.id)).toMatchObject({
      phase: "failed",
      reason: expect.stringContaining("target us"),
    });
    api.runtime.breaks(() => false);
    expect(await api.deployment(deployment.id)).toMatchObject({ status: "failed", split: [] });
    const retried = (await command(rollout.id, "retry")).body as { id: string };
    expect(await api.ended(retried.id)).toMatchObject({ phase: "completed" });
    expect(await servesAt(deployment.id)).toEqual({ eu: "1.0.0", us: "1.0.0" });
  });

  test("is rolled back as one after it was completed, at all targets at once", async () => {
    const name = await environment("reverse", ["eu", "us"]);
    const { id } = await api.serve("reversed", { environment: name });
    await api.ended((await api.rollOut(id, { version: "1.1.0" })).id);
    const { body } = await api.ask("POST", `/v1/deployments/${id}/rollback`, { body: { reason: "slow" } });
    const reverse = await api.ended((body as { id: string }).id);
    expect(reverse).toMatchObject({ phase: "completed", toRevision: 1, steps: [{ targets: ["eu", "us"] }] });
    expect(await servesAt(id)).toEqual({ eu: "1.0.0", us: "1.0.0" });
  });

  test("hands pause, resume and promote on to its targets", async () => {
    const name = await environment("commands", ["eu", "us"]);
    const { id } = await api.serve("commanded", { environment: name });
    const strategy = { type: "canary", initialPercentage: 5, bakeSeconds: 600 };
    const rollout = await api.rollOut(id, { version: "1.1.0", strategy });
    await api.until(rollout.id, ({ members }) => members?.[0]?.weight === 5);
    await command(rollout.id, "pause");
    await api.until(rollout.id, ({ members }) => members?.[0]?.paused === true);
    await command(rollout.id, "resume");
    await api.until(rollout.id, ({ members }) => members?.[0]?.paused === false);
    await command(rollout.id, "promote");
    expect(await api.ended(rollout.id)).toMatchObject({ phase: "completed", weight: 100 });
    expect(await servesAt(id)).toEqual({ eu: "1.1.0", us: "1.1.0" });
  });

  test("is given up at every target for a newer version, which begins from what served everywhere", async () => {
    const name = await environment("newer", ["eu", "us"]);
    const { id } = await api.serve("newer", { environment: name });
    const first = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    await api.until(first.id, ({ members }) => members?.[0]?.weight === 5);
    const second = await api.rollOut(id, { version: "1.2.0" });
    expect(await api.ended(second.id)).toMatchObject({ phase: "completed", fromVersion: "1.0.0" });
    expect(await api.rollout(first.id)).toMatchObject({ phase: "superseded" });
    expect(await servesAt(id)).toEqual({ eu: "1.2.0", us: "1.2.0" });
  });

  test("refuses commands to one target alone, naming the whole", async () => {
    const name = await environment("alone", ["eu", "us"]);
    const { id } = await api.serve("alone", { environment: name });
    const rollout = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
    const { members } = await api.until(rollout.id, (one) => one.members?.[0]?.weight === 5);
    expect(await api.ask("GET", "/v1/deployments/alone@eu?environment=alone")).toMatchObject({
      status: 200,
      body: { name: "alone@eu", target: "eu", partOf: id },
    });
    expect(await api.patch("alone@eu", { version: "1.2.0" })).toMatchObject({
      status: 409,
      body: { detail: "alone@eu is deployment alone at one of its targets; change alone" },
    });
    expect(await command(members?.[0]?.rollout ?? "", "cancel")).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`give the command cancel to ${rollout.id}`) },
    });
    await command(rollout.id, "cancel");
    expect(await api.ended(rollout.id)).toMatchObject({ phase: "cancelled" });
    expect(await servesAt(id)).toEqual({ eu: "1.0.0", us: "1.0.0" });
  });

  test("scales, stops, starts and goes as one", async () => {
    const name = await environment("life", ["eu", "us"]);
    const { id } = await api.serve("life", { environment: name });
    const act = (action: string, body?: object) =>
      api.ask("POST", `/v1/deployments/${id}/${action}`, body === undefined ? {} : { body });
    await act("scale", { replicas: 3 });
    const ready = async () => (await api.deployment(id)).split.map(({ instances }) => instances.ready);
    await expect.poll(ready).toEqual([6]);
    await act("stop");
    await expect.poll(async () => (await memberOf(id, "us")).status).toBe("stopped");
    await expect.poll(ready).toEqual([0]);
    await act("start");
    await expect.poll(ready).toEqual([6]);
    expect((await act("restart")).status).toBe(202);
    await api.ask("DELETE", `/v1/deployments/${id}`);
    await expect.poll(async () => (await api.ask("GET", `/v1/deployments/${id}`)).status).toBe(404);
    const held = await api.runtime.deployments();
    expect(held).not.toContain(id);
    const { rows } = await api.database.pool.query("select name from deployments where environment = 'life'");
    expect(rows).toEqual([]);
  });
});

describe("an environment whose targets change", () => {
  test("gets what is meant at a new target when the same is delivered again, and leaves one that is gone", async () => {
    const name = await environment("growing", ["eu", "us"]);
    const { id } = await api.serve("grown", { environment: name });
    await environment("growing", ["eu", "us", "asia"]);
    const again = await api.rollOut(id, { version: "1.0.0" });
    expect(await api.ended(again.id)).toMatchObject({ phase: "completed", fromRevision: 1, toRevision: 1 });
    expect(await servesAt(id)).toEqual({ eu: "1.0.0", us: "1.0.0", asia: "1.0.0" });
    expect((await api.patch(id, { version: "1.0.0" })).status).toBe(200);
    const gone = (await memberOf(id, "eu")).id;
    await environment("growing", ["us", "asia"]);
    await expect.poll(() => servesAt(id)).toEqual({ us: "1.0.0", asia: "1.0.0" });
    expect(await api.runtime.deployments()).not.toContain(gone);
  });

  test("keeps what was made at its one target there, and that target first", async () => {
    const name = await environment("widened", ["eu"]);
    const { id } = await api.serve("single", { environment: name });
    const body = { tier: "custom", targets: ["us", "eu"].map(process) };
    expect(await api.ask("PUT", `/v1/environments/${name}`, { body })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "targets[0]", allowed: "eu, where single run; other targets come after it" }] },
    });
    await environment(name, ["eu", "us"]);
    await api.ended((await api.rollOut(id, { version: "1.1.0" })).id);
    expect(await api.deployment(id)).toMatchObject({ version: "1.1.0", members: null });
  });

  test.each([
    [[{ targets: ["eu"] }], "waves"],
    [[{ targets: ["eu", "us"] }, { targets: ["eu"] }], "waves[1].targets[0]"],
    [[{ targets: ["eu", "moon"] }], "waves[0].targets[1]"],
  ])("is refused with the waves %j at %s", async (waves, field) => {
    const body = { targets: [process("eu"), process("us")], waves };
    expect(await api.ask("PUT", "/v1/environments/wrong", { body })).toMatchObject({
      status: 400,
      body: { errors: [{ field }] },
    });
  });
});
