import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { InstanceStatus, Runtime } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../suite/eventually.ts";
import { removeAll, testOptions, testWorkload } from "./process.harness.ts";
import { createProcessRuntime } from "./process.runtime.ts";
import { identify, isAlive } from "./process-table.ts";

const SUPERVISOR = fileURLToPath(new URL("../suite/fixtures/supervisor.ts", import.meta.url));

let dataDir: string;
let runtime: Runtime;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-survival-"));
  runtime = createProcessRuntime(testOptions(dataDir));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await runtime.start();
  await removeAll(runtime);
  await runtime.close();
  await rm(dataDir, { recursive: true, force: true });
});

function supervise(replicas: number): ChildProcess {
  const child = spawn(process.execPath, [SUPERVISOR, dataDir, String(replicas)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/** What is written down, by whoever supervises. */
async function records(): Promise<{ id: string; process: { pid: number } | null; life: { ready?: boolean } }[]> {
  const folder = join(dataDir, "instances", "greeter");
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names.map((name) => readFile(join(folder, name, "instance.json"), "utf8").catch(() => null)),
  );
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text)]));
}

const pidsWhenReady = (replicas: number): Promise<number[]> =>
  eventually(`${replicas} instances are ready`, async () => {
    const found = (await records()).filter(({ life }) => life.ready === true).map(({ process: own }) => own?.pid ?? 0);
    return found.length === replicas ? found.toSorted() : undefined;
  });

const readyHere = (replicas: number): Promise<InstanceStatus[]> =>
  eventually(`${replicas} instances are ready here`, async () => {
    const instances = (await runtime.observe("greeter"))[0]?.instances.filter(({ state }) => state === "ready") ?? [];
    return instances.length === replicas ? instances : undefined;
  });

// edge case 38
test("after kill -9 of the supervisor the living are adopted and the dead replaced", async () => {
  const supervisor = supervise(2);
  const before = await pidsWhenReady(2);
  await kill(supervisor);
  const [killed = 0, survivor = 0] = before;
  process.kill(killed, "SIGKILL");
  await eventually("the instance is gone", async () => {
    const identity = identify(killed);
    return identity === null || !isAlive(identity) || undefined;
  });
  await runtime.start();
  const after = await readyHere(2);
  expect(after.map(({ pid }) => pid)).toContain(survivor);
  expect(after.map(({ pid }) => pid)).not.toContain(killed);
  expect(after.find(({ pid }) => pid !== survivor)).toMatchObject({ restarts: 1 });
  const answer = await fetch(`http://127.0.0.1:${after.find(({ pid }) => pid === survivor)?.address?.port}/`);
  expect(JSON.parse(await answer.text())).toMatchObject({ pid: survivor });
});

test.runIf(process.platform === "linux")(
  "killed at any moment of a start, the supervisor leaves no process that its successor does not know",
  async () => {
    for (const round of [0, 1, 2, 3, 4, 5]) {
      const supervisor = supervise(3);
      // A different moment each round: so many records on disk, some of them without a pid yet.
      await eventually("the moment to kill", async () => (await records()).length >= round % 4 || undefined);
      await kill(supervisor);
    }
    runtime = createProcessRuntime(testOptions(dataDir));
    await runtime.start();
    await runtime.apply(testWorkload("web", { replicas: 3, env: { CHILD: "1" } }));
    const known = new Set((await readyHere(3)).map(({ pid }) => pid));
    expect(new Set(await webProcessesOf(dataDir))).toEqual(known);
  },
);

test.runIf(process.platform === "linux")(
  "a process whose pid was never written down is found and replaced",
  async () => {
    const supervisor = supervise(1);
    const [orphan = 0] = await pidsWhenReady(1);
    await kill(supervisor);
    // What the disk holds when the supervisor dies between the launch and the writing of the pid.
    const [record] = await records();
    const file = join(dataDir, "instances", "greeter", record?.id ?? "", "instance.json");
    await writeFile(file, JSON.stringify({ ...record, process: null, life: { kind: "launching" } }));
    await runtime.start();
    const [instance] = await readyHere(1);
    expect(await webProcessesOf(dataDir)).toEqual([instance?.pid]);
    expect(instance?.pid).not.toBe(orphan);
  },
);

test("a stranger that got the pid of a dead instance is neither adopted nor harmed", async () => {
  const supervisor = supervise(1);
  const [pid = 0] = await pidsWhenReady(1);
  await kill(supervisor);
  process.kill(pid, "SIGKILL");
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  children.push(stranger);
  const [record] = await records();
  const file = join(dataDir, "instances", "greeter", record?.id ?? "", "instance.json");
  await writeFile(file, JSON.stringify({ ...record, process: { ...record?.process, pid: stranger.pid } }));
  await runtime.start();
  const [instance] = await readyHere(1);
  expect(instance?.pid).not.toBe(stranger.pid);
  expect(instance).toMatchObject({ restarts: 1 });
  await removeAll(runtime);
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});

// edge case 40
test("a second supervisor of the same folder is refused with the first one's pid, and may start when that is gone", async () => {
  const supervisor = supervise(1);
  await pidsWhenReady(1);
  await expect(runtime.start()).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining(String(supervisor.pid)),
  });
  await kill(supervisor);
  await runtime.start();
  await readyHere(1);
});

test("a damaged state of one deployment fails its own calls and nobody else's", async () => {
  await runtime.start();
  await runtime.apply(testWorkload("web", { deployment: "other" }));
  await runtime.apply(testWorkload("web", { replicas: 0 }));
  await runtime.close();
  const state = join(dataDir, "instances", "greeter", "deployment.json");
  const good = await readFile(state, "utf8");
  await writeFile(state, good.slice(0, 20));
  runtime = createProcessRuntime(testOptions(dataDir));
  await runtime.start();
  await expect(runtime.observe("greeter")).rejects.toMatchObject({ code: "data_loss" });
  await eventually(
    "the other one is ready",
    async () => (await runtime.observe("other"))[0]?.verdict === "available" || undefined,
  );
  await removeAll(runtime);
  await runtime.close();
  await writeFile(state, good);
  runtime = createProcessRuntime(testOptions(dataDir));
});

/** Pids of the fixture's main processes whose working folder lies in this one, from the process table itself. */
async function webProcessesOf(folder: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => "");
    if (commandLine.includes("web.mjs") && cwd.startsWith(folder)) pids.push(Number(name));
  }
  return pids;
}
