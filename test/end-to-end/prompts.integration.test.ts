import { ok, type Rollout } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, ENVIRONMENT, ended, IMMEDIATE, look, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { resolve, sendReaders } from "./readers.ts";
import { type System, startSystem } from "./system.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.[Symbol.asyncDispose]());

interface Prompt {
  publish(version: string): Promise<void>;
  deliver(version: string): Promise<void>;
  update(patch: object): Promise<{ id: string }>;
}

/** A prompt that is deployed under its own name, in the usual environment. */
async function newPrompt(name: string): Promise<Prompt> {
  const http = () => system.client.http;
  await ok(http().POST("/v1/artifacts", { body: { name, kind: "prompt" } }));
  return {
    async publish(version) {
      const spec = { text: `${version}: greet {{customer}}.`, variables: [{ name: "customer" }] };
      await ok(http().POST("/v1/artifacts/{name}/versions", { params: { path: { name } }, body: { version, spec } }));
    },
    async deliver(version) {
      const body = { name, artifact: name, version, environment: ENVIRONMENT, strategy: IMMEDIATE };
      const { rollout } = await ok(http().POST("/v1/deployments", { body }));
      expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });
    },
    async update(patch) {
      const params = { path: { id: name }, query: { environment: ENVIRONMENT } };
      const { rollout } = await ok(http().PATCH("/v1/deployments/{id}", { params, body: patch }));
      if (!rollout) throw new Error("nothing changed");
      return rollout;
    },
  };
}

/** Half of the readers, judged by errors and by the scores that are posted. */
const judged = (seconds: number) =>
  canary([{ setWeight: 50 }, { analyze: { seconds } }], {
    analysis: {
      minimumSamples: 20,
      metrics: [{ name: "error_rate" }, { name: "quality", source: "evaluations", min: 0.8, intervalSeconds: 1 }],
    },
  });

test("a prompt whose answers are good is promoted, and everybody reads it then", async () => {
  const prompt = await newPrompt("good");
  for (const version of ["1.0.0", "1.1.0"]) await prompt.publish(version);
  await prompt.deliver("1.0.0");
  expect(await resolve(system, "good", "ada")).toMatchObject({
    version: "1.0.0",
    reason: "STATIC",
    content: { text: "1.0.0: greet {{customer}}." },
  });
  const readers = sendReaders(system, "good", () => ({ score: 0.95, error: false, latencyMs: 300 }));
  try {
    const rollout = await ended(system, await prompt.update({ version: "1.1.0", strategy: judged(5) }), 90_000);
    expect(rollout, rollout.reason ?? "").toMatchObject({ phase: "completed", toVersion: "1.1.0" });
    const quality = rollout.judge?.metrics.find(({ name }) => name.startsWith("quality"));
    expect(quality?.candidate).toBeCloseTo(0.95);
    expect(await resolve(system, "good", "ada")).toMatchObject({ version: "1.1.0", reason: "STATIC" });
  } finally {
    await readers.stop();
  }
  expect(readers.failures).toEqual([]);
});

test("a prompt whose answers are worse is rolled back, with the score as the reason", async () => {
  const prompt = await newPrompt("bad");
  for (const version of ["1.0.0", "1.1.0"]) await prompt.publish(version);
  await prompt.deliver("1.0.0");
  const readers = sendReaders(system, "bad", (version) => ({ score: version === "1.1.0" ? 0.3 : 0.9, error: false }));
  try {
    const rollout = await ended(system, await prompt.update({ version: "1.1.0", strategy: judged(600) }), 90_000);
    expect(rollout).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
    expect(rollout.reason).toMatch(/^quality: .*0\.3/);
    expect(await resolve(system, "bad", "ada")).toMatchObject({ version: "1.0.0", reason: "STATIC" });
  } finally {
    await readers.stop();
  }
  expect(readers.failures).toEqual([]);
});

test("a prompt whose answers fail is closed by the guard within a few dozen reports", async () => {
  const prompt = await newPrompt("failing");
  for (const version of ["1.0.0", "1.1.0"]) await prompt.publish(version);
  await prompt.deliver("1.0.0");
  const readers = sendReaders(system, "failing", (version) => ({ error: version === "1.1.0" }));
  try {
    const rollout = await ended(system, await prompt.update({ version: "1.1.0", strategy: judged(600) }), 90_000);
    expect(rollout).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
    expect(rollout.reason).toMatch(
      /^error rate: (\d+) of \1 requests failed on revision 2 against 0 of \d+ on revision 1/,
    );
    expect(await resolve(system, "failing", "ada")).toMatchObject({ version: "1.0.0" });
  } finally {
    await readers.stop();
  }
});

test("who matches a rule gets the candidate, everybody else does not, and both are told why", async () => {
  const prompt = await newPrompt("targeted");
  for (const version of ["1.0.0", "1.1.0"]) await prompt.publish(version);
  await prompt.deliver("1.0.0");
  const match = { header: { "X-Plan": "beta" }, region: "EU" };
  const begun = await prompt.update({ version: "1.1.0", strategy: { type: "ab", match, durationSeconds: 600 } });
  await reaches(system, begun, ({ phase, step }) => phase === "shifting" && step === 1);
  const read = (context: string) => resolve(system, "targeted", "ada", context);
  const beta = { version: "1.1.0", reason: "TARGETING_MATCH" };
  const other = { version: "1.0.0", reason: "DEFAULT" };
  expect(await read("&context.x-plan=beta&context.region=eu")).toMatchObject(beta);
  expect(await read("&context.x-plan=beta")).toMatchObject(other);
  expect(await read("")).toMatchObject(other);
});

test("a server that is killed deals everybody the same again, and has every report that it acknowledged", async () => {
  const prompt = await newPrompt("killed");
  for (const version of ["1.0.0", "1.1.0"]) await prompt.publish(version);
  await prompt.deliver("1.0.0");
  const begun = await prompt.update({ version: "1.1.0", strategy: judged(3_600) });
  await reaches(system, begun, ({ phase, step }) => phase === "shifting" && step === 1);
  const people = Array.from({ length: 300 }, (_, index) => `person-${index}`);
  const dealt = () => Promise.all(people.map(async (key) => (await resolve(system, "killed", key)).version));
  const before = await dealt();
  expect(new Set(before)).toEqual(new Set(["1.0.0", "1.1.0"]));

  // One answer in ten fails, whichever version gave it: nothing to close the gate for.
  const readers = sendReaders(system, "killed", (_version, number) => ({ error: number % 10 === 0, score: 0.9 }));
  const judgedOf = (rollout: Rollout): number =>
    rollout.judge?.metrics.find(({ name }) => name === "error_rate")?.samples.candidate ?? 0;
  // What was reported before somebody watched is no evidence.
  await reaches(system, begun, (rollout) => judgedOf(rollout) > 0);
  const early = readers.acknowledged.get("1.1.0") ?? 0;
  await until("there is something to lose", async () => (readers.acknowledged.get("1.1.0") ?? 0) >= early + 100);
  await system.kill();
  await readers.stop();
  await system.start();

  expect(await dealt()).toEqual(before);
  const counted = async () => {
    const metrics = await ok(
      system.client.http.GET("/v1/deployments/{id}/metrics", { params: { path: { id: "killed" } } }),
    );
    return metrics.revisions.map(({ requests }) => requests);
  };
  const acknowledged = ["1.0.0", "1.1.0"].map((version) => readers.acknowledged.get(version) ?? 0);
  for (const [arm, requests] of (await counted()).entries()) {
    // The last ones may have been written and never acknowledged.
    expect(requests).toBeGreaterThanOrEqual(acknowledged[arm] ?? Number.MAX_VALUE);
    expect(requests).toBeLessThanOrEqual((acknowledged[arm] ?? 0) + 3);
  }
  await reaches(system, begun, (rollout) => judgedOf(rollout) >= (acknowledged[1] ?? 0) - early);
  // Nobody reads any more: that may hold the rollout, and turns nothing back.
  expect(await look(system, begun)).toMatchObject({ phase: "shifting", judge: { closed: null } });
});
