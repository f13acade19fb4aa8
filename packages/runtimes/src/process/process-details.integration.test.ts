import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import type { InstanceStatus, LogLine, Workload } from "@sluice/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../suite/eventually.ts";
import { createProcessHarness, type ProcessHarness, testEnv } from "./process.harness.ts";
import { identify, isAlive } from "./process-table.ts";

let harness: ProcessHarness;
beforeEach(async () => {
  harness = await createProcessHarness({ baseEnv: { ...testEnv, SECRET_OF_THE_SERVER: "x", TZ: "UTC" } });
});
afterEach(() => harness.dispose());

const run = (fixture: string, changes?: Partial<Workload>): Promise<void> =>
  harness.runtime.apply(harness.workload(fixture, changes));
const ready = (): Promise<InstanceStatus> =>
  eventually("an instance is ready", async () =>
    (await harness.runtime.observe("greeter"))[0]?.instances.find(({ state }) => state === "ready"),
  );
const failure = (): Promise<string> =>
  eventually("the verdict is failed", async () => {
    const [status] = await harness.runtime.observe("greeter");
    return status?.verdict === "failed" ? (status.reason ?? "") : undefined;
  });
const gone = (pid: number): Promise<true> =>
  eventually(`process ${pid} is gone`, async () => {
    const identity = identify(pid);
    return identity === null || !isAlive(identity) || undefined;
  });
const told = async (instance: InstanceStatus): Promise<{ pids: number[]; env: string[] }> =>
  JSON.parse((await harness.get(instance, "/")).body);

test("an instance sees the few inherited variables and its own, nothing else of the server's", async () => {
  await run("web", { env: { GREETING: "hello", PORT: "1" } });
  const { env } = await told(await ready());
  const allowed = ["GREETING", "HOME", "PATH", "PORT", "SLUICE_DEPLOYMENT", "SLUICE_INSTANCE", "SLUICE_REVISION", "TZ"];
  expect(env.toSorted()).toEqual(allowed);
});

describe("a whole family of processes", () => {
  const remove = (): Promise<void> => harness.runtime.remove({ deployment: "greeter", revision: 1, fence: 2 });

  test("ends with its instance, also a child in a process group of its own", async () => {
    await run("web", { env: { CHILD: "1", OUTSIDER: "1" }, stopSeconds: 0.3 });
    const { pids } = await told(await ready());
    expect(pids).toHaveLength(2);
    await remove();
    await Promise.all(pids.map(gone));
  });

  test("ends with an instance that was adopted", async () => {
    await run("web", { env: { CHILD: "1" }, stopSeconds: 0.3 });
    const { pids } = await told(await ready());
    await harness.reopen();
    await remove();
    await Promise.all(pids.map(gone));
  });

  test("does not outlive an instance that was killed", async () => {
    await run("web", { env: { CHILD: "1" } });
    const instance = await ready();
    const { pids } = await told(instance);
    await harness.killInstance(instance);
    await Promise.all(pids.map(gone));
  });
});

describe("what cannot be started is judged at once, with the cause", () => {
  test.each<[string, Partial<Workload>, RegExp]>([
    ["a program that is not in PATH", { command: ["no-such-program"] }, /no-such-program was not found in PATH/],
    ["a program that is no executable file", { command: ["./missing.sh"] }, /missing\.sh is not an executable file/],
    [
      "a working folder that does not exist",
      { workdir: "/nowhere/at/all" },
      /folder \/nowhere\/at\/all does not exist/,
    ],
  ])("%s", async (_, changes, reason) => {
    await run("web", changes);
    expect(await failure()).toMatch(reason);
    expect((await harness.runtime.observe("greeter"))[0]?.instances[0]?.state).toBe("crash_loop");
  });

  test("a file that is executable but no program", async () => {
    const workdir = join(harness.dataDir, "work");
    await mkdir(workdir);
    await writeFile(join(workdir, "odd"), "\u007fELF nonsense", { mode: 0o755 });
    await run("web", { command: ["./odd"], workdir });
    expect(await failure()).toMatch(/odd cannot be started|exited with status/);
  });
});

test("a program that cannot have its port gets others, and is judged when that does not help", async () => {
  const blocker = createServer().listen(0);
  const address = blocker.address();
  await run("web", { env: { BLOCKER: String(typeof address === "object" ? address?.port : "") } });
  expect(await failure()).toContain("EADDRINUSE");
  const [instance] = (await harness.runtime.observe("greeter"))[0]?.instances ?? [];
  // Five further ports before the first failure counts, three failures until the verdict.
  expect(instance?.restarts).toBeGreaterThanOrEqual(7);
  await new Promise((done) => blocker.close(done));
});

test("a TCP connection is enough when there is no health path", async () => {
  await run("garbage", { healthCheck: { path: null, intervalSeconds: 0.1, timeoutSeconds: 1.0001, retries: 2 } });
  expect((await ready()).state).toBe("ready");
});

test("an exit that nobody watched is told as such", async () => {
  await run("web");
  const instance = await ready();
  await harness.reopen();
  await harness.killInstance(instance);
  const reason = await eventually("the exit is noticed", async () => {
    const status = (await harness.runtime.observe("greeter"))[0]?.instances[0];
    return status?.state === "backoff" ? status.reason : undefined;
  });
  expect(reason).toContain("ended while not watched");
});

describe("output", () => {
  test("stays within the limits on disk however much is printed", async () => {
    await run("flood", { env: { MEGABYTES: "60" } });
    const { id } = await ready();
    const folder = join(harness.dataDir, "instances", "greeter", id);
    // 256 KiB a file and two kept: the harness's limits.
    await eventually("the files are rotated", async () => {
      const names = (await readdir(folder)).filter((name) => /^stdout\.log(\.\d)?$/.test(name));
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
      return (names.includes("stdout.log.1") && sizes.every((size) => size <= 256 * 1024)) || undefined;
    });
    expect((await readdir(folder)).filter((name) => /^stdout\.log\.\d$/.test(name)).length).toBeLessThanOrEqual(2);
  });

  test("of an ended revision can still be read", async () => {
    await run("web");
    const { id } = await ready();
    await harness.runtime.remove({ deployment: "greeter", revision: 1, fence: 2 });
    await eventually("it is gone", async () => (await harness.runtime.deployments()).length === 0 || undefined);
    const lines: LogLine[] = [];
    for await (const line of harness.runtime.logs({ deployment: "greeter", revision: 1 })) lines.push(line);
    expect(lines.at(-1)).toEqual({ instance: id, stream: "stdout", text: "asked to stop", at: expect.any(Number) });
  });
});

test("a deployment's name cannot lead out of the data folder", async () => {
  const target = { deployment: "../../escape", revision: 1, fence: 1 };
  await expect(harness.runtime.remove(target)).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(harness.runtime.observe("..")).rejects.toMatchObject({ code: "invalid_argument" });
  expect(await readdir(harness.dataDir)).toEqual(["instances"]);
});
