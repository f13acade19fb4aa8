import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { nothingLive, type TestApp, testApp } from "../testing/app.ts";
import { startClockwork } from "./clockwork.ts";

const PROGRAM = fileURLToPath(new URL("testing/clockwork.program.ts", import.meta.url));
const TEN = Date.parse("2026-11-21T10:00:00.000Z");
const MINUTE = 60_000;

let app: TestApp | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});

interface Run {
  tick: string | null;
  outcome: string;
  reason: string;
  rollouts: string[];
  run: string | null;
}

/** A deployment in staging at 1.0.0, version 1.1.0 beside it, a workflow, and a clock that is set by hand. */
async function stage() {
  let now = TEN;
  const here = await testApp({ clock: () => now });
  app = here;
  const must = async (method: "POST" | "PATCH" | "GET", url: string, body?: object): Promise<never> => {
    const answer = await here.ask(method, url, { body });
    if (answer.status >= 300) throw new Error(`${method} ${url} answered ${answer.status}: ${answer.text}`);
    return answer.body as never;
  };
  await must("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  for (const version of ["1.0.0", "1.1.0"]) {
    await must("POST", "/v1/artifacts/greeter/versions", { version, spec: { image: `greeter:${version}` } });
  }
  await must("POST", "/v1/deployments", {
    name: "greeter",
    artifact: "greeter",
    version: "1.0.0",
    environment: "staging",
  });
  await must("POST", "/v1/workflows", {
    name: "tidy",
    spec: { stages: [{ name: "tidy", run: { command: ["true"] } }] },
  });
  const start = () => {
    const { db, pool } = here.database;
    const clockwork = startClockwork({
      db,
      pool,
      clock: () => now,
      live: nothingLive,
      logger: pino({ level: "silent" }),
      lookEvery: 10,
    });
    onTestFinished(() => clockwork.close());
    return clockwork;
  };
  return {
    must,
    start,
    set: (moment: number) => {
      now = moment;
    },
    runs: async (name: string): Promise<Run[]> =>
      ((await must("GET", `/v1/schedules/${name}/runs?limit=200`)) as { items: Run[] }).items,
  };
}

const scale = { type: "scale", deployment: "greeter", environment: "staging", replicas: 3 };
const deploy = { type: "deploy", deployment: "greeter", environment: "staging", version: "{{latest}}" };

describe("a schedule", () => {
  test("runs at its time, once, with as many servers as there are", async () => {
    const { must, start, set, runs } = await stage();
    await must("POST", "/v1/schedules", { name: "grow", schedule: "*/5 * * * *", action: scale });
    for (let server = 0; server < 4; server += 1) start();
    set(TEN + 5 * MINUTE - 1);
    expect(await runs("grow")).toEqual([]);
    set(TEN + 5 * MINUTE + 10);
    await expect.poll(() => runs("grow")).toMatchObject([{ outcome: "started", tick: "2026-11-21T10:05:00.000Z" }]);
    set(TEN + 10 * MINUTE);
    await expect.poll(async () => (await runs("grow")).map(({ outcome }) => outcome)).toEqual(["unchanged", "started"]);
    expect(await must("GET", "/v1/deployments/greeter?environment=staging")).toMatchObject({ replicas: 3 });
  });

  test("delivers the highest version there is", async () => {
    const { must, start, set, runs } = await stage();
    await must("POST", "/v1/schedules", { name: "latest", schedule: "0 11 * * *", action: deploy });
    start();
    set(TEN + 60 * MINUTE);
    await expect
      .poll(() => runs("latest"))
      .toMatchObject([{ outcome: "started", version: "1.1.0", rollouts: [expect.stringMatching(/^rol_/)] }]);
  });

  test("does nothing while paused, and misses nothing of it afterwards", async () => {
    const { must, start, set, runs } = await stage();
    await must("POST", "/v1/schedules", { name: "grow", schedule: "* * * * *", action: scale, paused: true });
    set(TEN + 30 * MINUTE + 1);
    await must("PATCH", "/v1/schedules/grow", { paused: false });
    start();
    set(TEN + 31 * MINUTE);
    await expect.poll(() => runs("grow")).toMatchObject([{ tick: "2026-11-21T10:31:00.000Z" }]);
  });

  test("tells what was missed, or makes up for it once", async () => {
    const { must, start, set, runs } = await stage();
    const times = { schedule: "0 * * * *", startingDeadlineSeconds: 60, action: scale };
    await must("POST", "/v1/schedules", { name: "skipping", ...times });
    await must("POST", "/v1/schedules", { name: "once", ...times, missedRuns: "run-once" });
    set(TEN + 250 * MINUTE);
    start();
    const reason = expect.stringContaining(
      "4 times from 2026-11-21T11:00:00.000Z to 2026-11-21T14:00:00.000Z were missed",
    );
    await expect.poll(() => runs("skipping")).toMatchObject([{ outcome: "missed", reason }]);
    await expect
      .poll(() => runs("once"))
      .toMatchObject([
        { tick: "2026-11-21T14:00:00.000Z", reason: expect.stringContaining("for 4 times that were missed") },
      ]);
  });

  test("leaves a run out while the one before goes on, or ends that one", async () => {
    const { must, start, set, runs } = await stage();
    const tidy = { schedule: "* * * * *", action: { type: "run", workflow: "tidy" } };
    for (const concurrency of ["forbid", "replace", "allow"]) {
      await must("POST", "/v1/schedules", { name: concurrency, ...tidy, concurrency });
    }
    start();
    set(TEN + MINUTE);
    for (const name of ["forbid", "replace", "allow"]) await expect.poll(() => runs(name)).toHaveLength(1);
    set(TEN + 2 * MINUTE);
    await expect.poll(async () => (await runs("forbid")).map(({ outcome }) => outcome)).toEqual(["skipped", "started"]);
    await expect.poll(() => runs("replace")).toHaveLength(2);
    await expect.poll(() => runs("allow")).toHaveLength(2);
    const status = async (run: Run | undefined) =>
      ((await must("GET", `/v1/workflow-runs/${run?.run}`)) as { status: string }).status;
    const [, replaced] = await runs("replace");
    const [, allowed] = await runs("allow");
    expect(["cancelling", "cancelled"]).toContain(await status(replaced));
    expect(["queued", "running"]).toContain(await status(allowed));
  });

  test("that fails says why, and goes on with its next time", async () => {
    const { must, start, set, runs } = await stage();
    const action = { ...scale, deployment: "nobody" };
    await must("POST", "/v1/schedules", { name: "wrong", schedule: "* * * * *", action });
    start();
    set(TEN + MINUTE);
    await expect
      .poll(() => runs("wrong"))
      .toMatchObject([{ outcome: "failed", reason: expect.stringContaining("nobody does not exist") }]);
    set(TEN + 2 * MINUTE);
    await expect.poll(() => runs("wrong")).toHaveLength(2);
  });
});

describe("however often servers are killed", () => {
  test("no time has two runs and none is lost", async () => {
    const { must } = await stage();
    await must("POST", "/v1/schedules", {
      name: "tidy",
      schedule: "* * * * *",
      startingDeadlineSeconds: 604_800,
      action: { type: "run", workflow: "tidy" },
    });
    const speed = 600;
    const epoch = Date.now();
    const url = app?.database.url ?? "";
    const servers = new Set<ChildProcess>();
    const begin = () => {
      const server = spawn(process.execPath, [PROGRAM, url, String(epoch), String(speed)], { stdio: "ignore" });
      servers.add(server);
      return server;
    };
    const kill = (server: ChildProcess): Promise<void> =>
      new Promise((resolve) => {
        servers.delete(server);
        if (server.exitCode !== null) return resolve();
        server.once("exit", () => resolve());
        server.kill("SIGKILL");
      });
    onTestFinished(async () => {
      await Promise.all([...servers].map(kill));
    });
    const rows = async (): Promise<{ tick: string; run: string }[]> =>
      ((await must("GET", "/v1/schedules/tidy/runs?limit=200")) as { items: { tick: string; run: string }[] }).items;

    begin();
    for (let round = 1; round <= 6; round += 1) {
      const victim = begin();
      const wanted = round * 12;
      await expect.poll(async () => (await rows()).length, { interval: 37 }).toBeGreaterThan(wanted);
      await kill(victim);
      const [survivor] = servers;
      if (survivor !== undefined && round % 2 === 0) await kill(survivor);
      if (servers.size === 0) begin();
    }
    await Promise.all([...servers].map(kill));

    const ticks = (await rows()).map(({ tick }) => Date.parse(tick)).sort((left, right) => left - right);
    const all = Array.from({ length: Math.min(ticks.length, 200) }, (_, index) => (ticks[0] ?? 0) + index * MINUTE);
    expect(ticks).toEqual(all);
    const { items } = (await must("GET", "/v1/workflow-runs?limit=200")) as { items: { id: string }[] };
    expect(items.map(({ id }) => id).sort()).toEqual((await rows()).map(({ run }) => run).sort());
  });
});
