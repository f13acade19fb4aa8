import { createServer, type Server } from "node:http";
import { applyCommand, type Command, gateSchema, type JudgeReport, type Rollout, type TestResult } from "@sluice/core";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunCandidateTests } from "../../candidate-test/candidate-test.types.ts";
import { recordEvaluation } from "../../evaluation/evaluation.record.ts";
import { insertGate } from "../../gate/gate.store.ts";
import { findRolloutForUpdate, saveRollout } from "../../rollout/rollout.store.ts";
import { type Crash, crashAt } from "../crash.ts";
import type { Engine } from "../engine.ts";
import { type DeliveryOptions, type EngineFixture, engineFixture } from "../testing/engine.fixture.ts";
import { wakeDeployment } from "../wake.ts";

const IMMEDIATE = { type: "immediate" as const, keepStableSeconds: 0 };
const ANSWERS = { functional: [{ name: "answers", request: { path: "/" } }] };
const TESTED = { ...IMMEDIATE, tests: ANSWERS };

let fixture: EngineFixture;
let engines: Engine[] = [];
let servers: Server[] = [];

beforeEach(async () => {
  fixture = await engineFixture();
});

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  await fixture.close();
});

async function start(runTests?: RunCandidateTests, crash?: Crash): Promise<Engine> {
  const engine = await fixture.start(crash, runTests);
  engines.push(engine);
  return engine;
}

/** A program that answers everything with the status. Answers its port. */
async function program(status: number): Promise<number> {
  const server = createServer((_request, response) => {
    response.statusCode = status;
    response.end("hello");
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A deployment whose revision 1 serves. */
async function delivered(name: string): Promise<string> {
  const deployment = await fixture.deploy(name);
  expect((await fixture.ended(await fixture.rollout(deployment, "1.0.0", IMMEDIATE))).phase).toBe("completed");
  return deployment;
}

/** As a person gives it. */
async function command(id: string, what: Exclude<Command, "retry">, actor = "dora"): Promise<Rollout> {
  return fixture.db.transaction().execute(async (tx) => {
    const stored = await findRolloutForUpdate(tx, id);
    if (stored === null) throw new Error("the rollout is there");
    const context = { actor, comment: "", now: Date.now(), creator: stored.rollout.triggeredBy };
    const { rollout } = applyCommand(stored.rollout, what, context);
    await saveRollout(tx, rollout, stored.rowVersion);
    await wakeDeployment(tx, rollout.deployment);
    return rollout;
  });
}

const candidateGotTraffic = (deployment: string): boolean =>
  fixture.gateway.splits.some((line) => line.startsWith(deployment) && /2:[1-9]/.test(line));

const activities = (rollout: string) =>
  fixture.db.selectFrom("activities").selectAll().where("rollout_id", "=", rollout).execute();

const result = (name: string, status: TestResult["status"]): TestResult => ({
  ...{ name, type: "functional", status, metrics: {}, message: `${name} ${status}`, logs: [] },
  ...{ executionMs: 1, at: Date.now() },
});

/** Tests that end when they are told to, and count their runs. */
function heldTests() {
  const runs: AbortSignal[] = [];
  let release: (results: TestResult[]) => void = () => undefined;
  const released = new Promise<TestResult[]>((resolve) => {
    release = resolve;
  });
  const run: RunCandidateTests = (_run, signal, onProgress) => {
    runs.push(signal);
    onProgress([result("one", "running")]);
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      released.then(resolve);
    });
  };
  return { run, runs, release: (results: TestResult[]) => release(results) };
}

describe("tests on the candidate", () => {
  test("stop a bad candidate before it gets any traffic", async () => {
    await start();
    const deployment = await delivered("greeter");
    fixture.runtime.serves(2, await program(500));
    const ended = await fixture.ended(await fixture.rollout(deployment, "1.1.0", TESTED));
    expect(ended).toMatchObject({ phase: "rolled_back", trigger: "test_failure" });
    expect(ended.tests).toMatchObject([{ type: "functional", status: "failed" }]);
    expect(ended.reason).toContain("500");
    expect(candidateGotTraffic(deployment)).toBe(false);
  });

  test("let a good one through, with what they found kept in the rollout", async () => {
    await start();
    const deployment = await delivered("greeter");
    fixture.runtime.serves(2, await program(200));
    const ended = await fixture.ended(await fixture.rollout(deployment, "1.1.0", TESTED));
    expect(ended).toMatchObject({ phase: "completed", tests: [{ type: "functional", status: "passed" }] });
  });

  test("are shown while they run, and keep the candidate from traffic whatever has passed so far", async () => {
    const tests = heldTests();
    await start((run, signal, onProgress) => {
      const held = tests.run(run, signal, onProgress);
      onProgress([result("one", "passed")]);
      return held;
    });
    const deployment = await delivered("greeter");
    const id = await fixture.rollout(deployment, "1.1.0", TESTED);
    const seen = await fixture.until(id, (rollout) => rollout.tests.some((found) => found.status === "passed"));
    expect(seen.phase).toBe("testing");
    expect(seen.tests.some((found) => found.status === "running")).toBe(true);
    tests.release([result("one", "passed"), result("two", "passed")]);
    expect((await fixture.ended(id)).tests).toHaveLength(2);
  });

  test("are cut off when a person gives the rollout up", async () => {
    const tests = heldTests();
    await start(tests.run);
    const deployment = await delivered("greeter");
    const id = await fixture.rollout(deployment, "1.1.0", TESTED);
    await expect.poll(() => tests.runs.length).toBe(1);
    await fixture.until(id, (rollout) => rollout.phase === "testing");
    await command(id, "cancel");
    expect((await fixture.ended(id)).phase).toBe("cancelled");
    await expect.poll(() => tests.runs[0]?.aborted).toBe(true);
  });

  // edge case 38
  test("are run again when their server stops in the middle, and not once more after that", async () => {
    const first = heldTests();
    const engine = await start(first.run);
    const deployment = await delivered("greeter");
    const id = await fixture.rollout(deployment, "1.1.0", TESTED);
    await expect.poll(() => first.runs.length).toBe(1);
    await engine.close();
    engines = [];
    expect(first.runs[0]?.aborted).toBe(true);
    const second = heldTests();
    second.release([result("one", "passed")]);
    await start(second.run);
    expect((await fixture.ended(id)).phase).toBe("completed");
    expect(second.runs).toHaveLength(1);
  });

  // edge case 38
  test.each(["before-activity", "after-activity"] as const)(
    "are run again by an engine whose attempt died at %s",
    async (point) => {
      const tests = heldTests();
      tests.release([result("one", "passed")]);
      await start(
        tests.run,
        crashAt(point, () => {
          throw new Error(`died at ${point}`);
        }),
      );
      const deployment = await delivered("greeter");
      expect((await fixture.ended(await fixture.rollout(deployment, "1.1.0", TESTED))).phase).toBe("completed");
      expect(tests.runs).toHaveLength(point === "before-activity" ? 1 : 2);
    },
  );

  // edge case 40
  test("are run once by two engines on one database", async () => {
    const tests = heldTests();
    await start(tests.run);
    await start(tests.run);
    const deployment = await delivered("greeter");
    const id = await fixture.rollout(deployment, "1.1.0", TESTED);
    await expect.poll(() => tests.runs.length).toBe(1);
    for (let wake = 0; wake < 20; wake += 1) await wakeDeployment(fixture.db, deployment);
    await fixture.until(id, (rollout) => rollout.tests.length > 0);
    tests.release([result("one", "passed")]);
    expect((await fixture.ended(id)).phase).toBe("completed");
    expect(tests.runs).toHaveLength(1);
  });

  test("that never come to an end are given up, saying so", async () => {
    await start(async () => {
      throw new Error("broken");
    });
    const deployment = await delivered("greeter");
    const id = await fixture.rollout(deployment, "1.1.0", TESTED);
    await expect.poll(async () => (await activities(id))[0]?.status).toBe("failed");
    // As if it had been begun a few times more.
    await sql`update activities set unfinished = 5, finished_at = now() - interval '1 hour'`.execute(fixture.db);
    await wakeDeployment(fixture.db, deployment);
    const ended = await fixture.ended(id);
    expect(ended.phase).toBe("rolled_back");
    expect(ended.reason).toContain("begun 5 times and never came to an end");
  });

  test("may find text that no database takes", async () => {
    await start(async () => [{ ...result("one", "passed"), message: "a\0b \ud800", logs: ["\0"] }]);
    const deployment = await delivered("greeter");
    const ended = await fixture.ended(await fixture.rollout(deployment, "1.1.0", TESTED));
    expect(ended.tests).toMatchObject([{ message: "a\u{fffd}b \u{fffd}", logs: ["\u{fffd}"] }]);
  });
});

const SCORE = { type: "eval_score" as const, dataset: "smoke", threshold: 0.9 };

async function gate(waitSeconds = 3_600): Promise<void> {
  const spec = gateSchema.parse({ conditions: [SCORE], waitSeconds });
  await insertGate(fixture.db, { project: "default", name: "quality", spec, sealed: null, at: new Date() });
}

async function evaluate(rollout: string, score: number): Promise<void> {
  const { toRevision, deployment } = await fixture.state(rollout);
  const { id, version } = await fixture.db
    .selectFrom("revisions")
    .innerJoin("versions", "versions.id", "version_id")
    .select(["versions.id", "versions.version"])
    .where("deployment_id", "=", deployment)
    .where("number", "=", toRevision)
    .executeTakeFirstOrThrow();
  const input = { artifact: "greeter", version, dataset: "smoke", metrics: { score }, sampleCount: 40, source: "test" };
  const of = { project: "default", versionId: id, actor: "test", now: Date.now() };
  await fixture.db.transaction().execute((tx) => recordEvaluation(tx, { ...input, details: {} }, of));
  await wakeDeployment(fixture.db, deployment);
}

const waitingAtGate = (rollout: Rollout): boolean =>
  rollout.phase === "gating" && rollout.gates.some((found) => found.status === "waiting");

describe("gates", () => {
  test("hold a version without figures, and let it through when good ones are recorded", async () => {
    await start();
    const deployment = await delivered("greeter");
    await gate();
    const id = await fixture.rollout(deployment, "1.1.0", IMMEDIATE);
    const held = await fixture.until(id, waitingAtGate);
    expect(held.gates).toMatchObject([{ gate: "quality", waitsUntil: expect.any(Number) }]);
    expect(fixture.runtime.orders.some((order) => order.startsWith("apply 2"))).toBe(false);
    await evaluate(id, 0.95);
    const ended = await fixture.ended(id);
    expect(ended).toMatchObject({ phase: "completed", gates: [{ status: "passed" }] });
    expect(ended.gates[0]?.message).toContain("40");
  });

  test("stop a version whose figures are too low: nothing of it is ever started", async () => {
    await start();
    const deployment = await delivered("greeter");
    await gate();
    const id = await fixture.rollout(deployment, "1.1.0", IMMEDIATE);
    await fixture.until(id, waitingAtGate);
    await evaluate(id, 0.5);
    expect(await fixture.ended(id)).toMatchObject({ phase: "gates_failed", reason: expect.stringContaining("0.5") });
    expect(fixture.runtime.orders.some((order) => order.startsWith("apply 2"))).toBe(false);
  });

  test("are waited for no longer than they say", async () => {
    await start();
    const deployment = await delivered("greeter");
    await gate(1);
    expect((await fixture.ended(await fixture.rollout(deployment, "1.1.0", IMMEDIATE))).phase).toBe("gates_failed");
  });

  test("are judged anew by command, also while they wait", async () => {
    await start();
    const deployment = await delivered("greeter");
    await gate();
    const id = await fixture.rollout(deployment, "1.1.0", IMMEDIATE);
    await fixture.until(id, waitingAtGate);
    expect((await command(id, "reevaluate")).gates).toEqual([]);
    await fixture.until(id, waitingAtGate);
    expect(await activities(id)).toMatchObject([{ kind: "gates", demand: 2 }]);
  });

  // edge case 34
  test("that deny a version repeat no hook that was called before", async () => {
    let calls = 0;
    const hook = createServer((_request, response) => {
      calls += 1;
      response.end();
    });
    servers.push(hook);
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    const address = hook.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await start();
    const deployment = await delivered("greeter");
    const steps = [{ setWeight: 10 }, { hook: { url: `http://127.0.0.1:${address.port}/` } }];
    const strategy = { type: "canary" as const, steps, keepStableSeconds: 0 };
    expect((await fixture.ended(await fixture.rollout(deployment, "1.1.0", strategy))).phase).toBe("completed");
    await gate();
    const denied = await fixture.rollout(deployment, "1.2.0", strategy);
    await fixture.until(denied, waitingAtGate);
    await evaluate(denied, 0.1);
    expect((await fixture.ended(denied)).phase).toBe("gates_failed");
    expect(calls).toBe(1);
  });
});

const NO_SAMPLES = { analysis: { minimumSamples: 0 } };

/** What the pooled judge says of the rollout from now on. */
async function judge(rollout: string, change: Partial<JudgeReport>): Promise<void> {
  const report: JudgeReport = {
    ...{ hypothesis: rollout, verdict: "continue", logEvidence: 0, maxLogEvidence: 0, bound: 5, metrics: [] },
    ...{ budget: { total: 0.01, guards: 0.004, pooled: 0.004, monitoring: 0.002 }, nonInferior: null, closed: null },
    ...{ sampleRatio: { logEvidence: 0, doubted: false }, message: "nothing yet" },
    ...change,
  };
  await sql`
    insert into judge_states (rollout_id, seq, snapshot, readings, report, at)
    values (${rollout}, 1, '{}', '{}', ${JSON.stringify(report)}::jsonb, now())
    on conflict (rollout_id) do update set report = excluded.report, seq = judge_states.seq + 1`.execute(fixture.db);
}

const CLOSED = { closed: { at: 1, metric: "error_rate", reason: "4 of 4 requests failed" } };

describe("what a rollout waits for", () => {
  const canary = (steps: object[], more: object = {}) => ({
    ...{ type: "canary" as const, keepStableSeconds: 0, steps: steps as never[] },
    ...more,
  });
  const deliver = async (strategy: Parameters<EngineFixture["rollout"]>[2], more: DeliveryOptions = {}) => {
    const deployment = await delivered("greeter");
    return { deployment, id: await fixture.rollout(deployment, "1.1.0", strategy, more) };
  };

  test("an approval that nobody gives in time cancels it", async () => {
    await start();
    const { id } = await deliver(IMMEDIATE, { protection: { requiredApprovals: 1, approvalExpirySeconds: 1 } });
    expect(await fixture.ended(id)).toMatchObject({ phase: "cancelled", reason: expect.stringContaining("expired") });
  });

  // edge case 33
  test("a gate that is closed while a step waits for a person still brings it back", async () => {
    await start();
    const { deployment, id } = await deliver(canary([{ setWeight: 10 }, { wait: { approval: true } }]));
    await fixture.until(id, (rollout) => rollout.step === 1);
    fixture.gateway.report(deployment, CLOSED);
    const ended = await fixture.ended(id);
    expect(ended).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
    expect(ended.reason).toContain("4 of 4 requests failed");
  });

  // edge case 45
  test("what was seen before it began again does not count", async () => {
    await start();
    const { deployment, id } = await deliver(canary([{ setWeight: 10 }, { wait: { approval: true } }]));
    await fixture.until(id, (rollout) => rollout.step === 1);
    fixture.gateway.report(deployment, { ...CLOSED, hypothesis: "rol_before" });
    await wakeDeployment(fixture.db, deployment);
    await command(id, "approve");
    expect(await fixture.ended(id)).toMatchObject({ phase: "completed", failure: null });
  });

  // edge cases 28 and 29
  test("a judge that does not know lets no analysis end, and one that does brings it back", async () => {
    await start();
    const { deployment, id } = await deliver(
      canary([{ setWeight: 10 }, { wait: { approval: true } }, { analyze: { seconds: 0 } }], NO_SAMPLES),
    );
    await fixture.until(id, (rollout) => rollout.step === 1);
    await judge(id, { verdict: "hold", message: "the source does not answer" });
    await command(id, "approve");
    const held = await fixture.until(id, (rollout) => rollout.noDataSince !== null);
    expect(held).toMatchObject({ phase: "shifting", judge: { verdict: "hold" } });
    await judge(id, { verdict: "rollback", closed: { at: 1, metric: "quality", reason: "quality fell to 0.4" } });
    await wakeDeployment(fixture.db, deployment);
    const ended = await fixture.ended(id);
    expect(ended).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
    expect(ended.reason).toContain("quality fell to 0.4");
  });

  // edge case 50
  test("a version whose migration has no way down is frozen instead of rolled back", async () => {
    await start();
    const { deployment, id } = await deliver(canary([{ setWeight: 10 }, { wait: { seconds: 600 } }]), {
      spec: { migrations: { up: ["alter table greetings add tone text"], down: [] } },
    });
    await fixture.until(id, (rollout) => rollout.step === 1);
    fixture.gateway.report(deployment, CLOSED);
    const frozen = await fixture.until(id, (rollout) => rollout.failure !== null);
    expect(frozen).toMatchObject({ phase: "shifting", failure: { frozen: true }, irreversible: true });
    expect(frozen.desired.split).toEqual([
      { revision: 1, weight: 9_000 },
      { revision: 2, weight: 1_000 },
    ]);
    await expect(command(id, "rollback")).rejects.toThrow(/migration/);
    await command(id, "promote");
    expect((await fixture.ended(id)).phase).toBe("completed");
  });

  test("a candidate beyond its memory is taken back, with how much it used", async () => {
    await start();
    fixture.runtime.uses(2, { rssBytes: 900 * 1_048_576, cpuCores: 0.1 });
    const { id } = await deliver(canary([{ setWeight: 10 }, { wait: { seconds: 600 } }]), {
      config: { resources: { limits: { memory: "512Mi" } } },
    });
    const ended = await fixture.until(id, (rollout) => rollout.finishedAt !== null, 60_000);
    expect(ended).toMatchObject({ phase: "rolled_back", trigger: "resource_exhaustion" });
    expect(ended.reason).toMatch(/900 MiB.*512 MiB/);
  });
});
