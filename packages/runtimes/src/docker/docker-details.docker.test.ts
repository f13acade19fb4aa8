import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { type LogLine, targetSchema, type Workload, type WorkloadStatus } from "@sluice/core";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { startPodman } from "../../../../test/docker/podman.ts";
import { createAuthority } from "../../../../test/kubernetes/certificates.ts";
import { eventually } from "../suite/eventually.ts";
import { LABELS } from "./container.labels.ts";
import { daemonAddress } from "./daemon.address.ts";
import { imageWorkload } from "./docker.fixture.ts";
import { createDockerHarness, type DockerHarness } from "./docker.harness.ts";
import { createDockerRuntime } from "./docker.runtime.ts";
import type { DockerRuntimeOptions } from "./docker.types.ts";

const socketPath = inject("dockerSocket");
let harness: DockerHarness;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-docker-test-"));
  harness = await createDockerHarness(socketPath);
});
afterEach(async () => {
  await harness.dispose();
  await rm(folder, { recursive: true, force: true });
});

const status = async (own = harness): Promise<WorkloadStatus | undefined> => (await own.runtime.observe("greeter"))[0];
const until = (what: string, holds: (status: WorkloadStatus) => boolean, own = harness): Promise<WorkloadStatus> =>
  eventually(what, async () => {
    const now = await status(own);
    return now !== undefined && holds(now) ? now : undefined;
  });
const available = (own = harness): Promise<WorkloadStatus> =>
  until(
    "it is available",
    ({ verdict, instances, desired }) => verdict === "available" && instances.length === desired,
    own,
  );
const failed = (why: RegExp): Promise<WorkloadStatus> =>
  until(`it is judged failed: ${why}`, ({ verdict, reason }) => verdict === "failed" && why.test(reason ?? ""));

const placed = (target: object): Pick<Workload, "placement"> => ({
  placement: {
    target: targetSchema.parse({ type: "docker", ...target }),
    project: "default",
    environment: "test",
    name: "greeter",
    kind: "application",
  },
});
/** A program of the shell, which BusyBox is. */
const shell = (script: string, changes: Partial<Workload> = {}): Workload =>
  imageWorkload("web", {
    command: ["sh", "-c", script],
    healthCheck: { path: null, intervalSeconds: 0.2, timeoutSeconds: 2, retries: 2 },
    stopSeconds: 0.5,
    ...changes,
  });
const SERVE = 'exec httpd -f -p "$PORT"';
const lines = async (): Promise<LogLine[]> => {
  const found: LogLine[] = [];
  for await (const line of harness.runtime.logs({ deployment: "greeter", tail: 1_000 })) found.push(line);
  return found;
};
const said = async (text: string): Promise<boolean> => (await lines()).some((line) => line.text.includes(text));

describe("isolation", () => {
  const TRY = `touch /mark && echo wrote; touch /tmp/mark && echo kept; ${SERVE}`;

  test("is strict: nothing but /tmp can be written", async () => {
    await harness.runtime.apply(shell(TRY));
    await available();
    await eventually("it kept its file", async () => (await said("kept")) || undefined);
    expect(await said("Read-only file system")).toBe(true);
    expect(await said("wrote")).toBe(false);
  });

  test("is the daemon's where the target says so", async () => {
    await harness.runtime.apply(shell(TRY, placed({ isolation: "daemon" })));
    await available();
    await eventually("it wrote", async () => (await said("wrote")) || undefined);
  });
});

test("a program that takes more memory than its limit is told as such", async () => {
  const eat = 'x=0123456789abcdef; while :; do x="$x$x"; done';
  await harness.runtime.apply(shell(eat, { resources: { memoryMb: 16, cpuCores: null } }));
  await failed(/was killed by SIGKILL|out of memory|more memory than its limit/);
});

test("graphics processors that the daemon does not hand out are missed at once", async () => {
  await harness.runtime.apply(shell(SERVE, { gpus: 1 }));
  await failed(/1 graphics processors are asked for, and the daemon gave/);
  await eventually("no container is left", async () => (await harness.containers()).length === 0 || undefined);
});

test("a program that is not in its image is named, in the daemon's words", async () => {
  await harness.runtime.apply(shell(SERVE, { command: ["no-such-program"] }));
  await failed(/no-such-program.*not found/);
});

test("a network that is not there is named, with those that are", async () => {
  await harness.runtime.apply(shell(SERVE, placed({ network: "nowhere" })));
  await failed(/no network nowhere .*there are: .*podman|bridge/);
});

test("in the network of the machine a program gets a port of the machine", async () => {
  await harness.runtime.apply(
    shell('echo "port=$PORT"; exec httpd -f -p "127.0.0.1:$PORT"', placed({ network: "host" })),
  );
  const { instances } = await available();
  await eventually("it says its port", async () => (await said(`port=${instances[0]?.address?.port}`)) || undefined);
});

test("a stream is ready as soon as its heartbeat is there, and unready when that stops", async () => {
  const health = { path: null, intervalSeconds: 0.2, timeoutSeconds: 2, retries: 2, heartbeatSeconds: 1 };
  const script = 'touch "$SLUICE_HEARTBEAT_FILE"; exec sleep 600';
  await harness.runtime.apply(shell(script, { process: "stream", healthCheck: health }));
  const { instances } = await until("it is ready", ({ instances: [one] }) => one?.state === "ready");
  expect(instances).toMatchObject([{ address: null }]);
  await until("it was replaced", ({ instances: [one] }) => (one?.restarts ?? 0) > 0);
});

test("a job that ends while nobody watches is done, with the status it ended with", async () => {
  await harness.runtime.apply(shell("echo working; sleep 2; echo done", { process: "job" }));
  await until("it runs", ({ instances: [one] }) => one?.pid != null);
  await harness.reopen();
  expect(await available()).toMatchObject({ instances: [{ state: "completed", restarts: 0 }] });
  expect((await lines()).map(({ text }) => text)).toEqual(["working", "done"]);
});

test("every line of output is there once, across supervisors", async () => {
  await harness.runtime.apply(shell(`for n in $(seq 1 200); do echo "line $n"; done; ${SERVE}`));
  await available();
  await harness.reopen();
  await eventually("the last line", async () => (await said("line 200")) || undefined);
  await harness.reopen();
  expect((await lines()).map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => `line ${n + 1}`));
});

describe("containers of others", () => {
  test("are left alone: those of other folders, and those that have our names", async () => {
    const other = await createDockerHarness(socketPath);
    onTestFinished(() => other.dispose());
    await other.runtime.apply(shell(SERVE));
    // What they use is measured now and then.
    const theirs = async () => (await available(other)).instances.map(({ usage: _, ...instance }) => instance);
    const before = await theirs();
    await harness.runtime.apply(shell(SERVE));
    await available();
    await harness.reopen();
    await harness.runtime.remove({ deployment: "greeter", revision: 1, fence: 2 });
    await eventually("ours are gone", async () => (await harness.containers()).length === 0 || undefined);
    expect(await theirs()).toEqual(before);
  });

  test("but what we have made and nobody remembers is removed", async () => {
    const owner = (await readFile(join(harness.folder, "owner"), "utf8")).trim();
    const Labels = { [LABELS.owner]: owner, [LABELS.instance]: "r1-lost" };
    const lost = await harness.docker.createContainer({
      Image: imageWorkload("web").image ?? "",
      Cmd: ["sleep", "600"],
      Labels,
    });
    await lost.start();
    await harness.reopen();
    expect(await harness.containers()).toEqual([]);
  });
});

test("a container that somebody removes is replaced", async () => {
  await harness.runtime.apply(shell(SERVE));
  await available();
  const [container] = await harness.containers();
  await harness.docker.getContainer(container?.Id ?? "").remove({ force: true });
  const { instances } = await until(
    "it was replaced",
    ({ verdict, instances: [one] }) => verdict === "available" && (one?.restarts ?? 0) > 0,
  );
  expect(instances).toHaveLength(1);
});

describe("a daemon", () => {
  const attempt = async (name: string, options: Partial<DockerRuntimeOptions> = {}, tls: object | null = null) => {
    const runtime = createDockerRuntime({ folder, daemon: daemonAddress(name, tls), programEnv: {}, ...options });
    try {
      await runtime.start();
      return runtime;
    } finally {
      onTestFinished(() => runtime.close());
    }
  };

  test.each([
    ["that is not there", "unix:///nowhere/docker.sock", /there is no such socket/],
    ["whose socket is a file", `unix://${import.meta.filename}`, /cannot be reached/],
    ["that refuses", "tcp://127.0.0.1:1", /connection refused/],
  ])("%s is told by its address and the cause", async (_, name, why) => {
    const error = await attempt(name).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "unavailable", message: expect.stringMatching(why) });
    expect(error).toMatchObject({ message: expect.stringContaining(name) });
  });

  test("that dies takes nothing with it: what runs serves on, what is wished comes when it is back", async () => {
    const podman = await startPodman();
    const own = await createDockerHarness(podman.socketPath);
    onTestFinished(async () => {
      await podman.startService();
      await own.dispose();
      await podman.close();
    });
    await own.runtime.apply(shell(SERVE));
    const before = await available(own);
    await podman.stopService();
    await own.runtime.apply(shell(SERVE, { replicas: 2, fence: 2 }));
    const waiting = await until("it says why it waits", ({ reason }) => /cannot be reached/.test(reason ?? ""), own);
    expect(waiting.instances).toContainEqual(before.instances[0]);
    expect((await own.get(before.instances[0] ?? never(), "/bin/busybox")).status).toBe(200);
    const victim = before.instances[0]?.pid ?? 0;
    process.kill(victim, "SIGKILL");
    await podman.startService();
    const after = await available(own);
    expect(after.instances.map(({ pid }) => pid)).not.toContain(victim);
  });

  test("behind TLS is reached with a certificate, and without one it says so", async () => {
    const authority = await createAuthority(folder, "authority");
    const pems = async (name: string, names: string[]) => {
      const { certificate, key } = await authority.sign(name, names);
      return { ca: authority.pem, cert: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
    };
    const server = await pems("server", ["IP:127.0.0.1"]);
    const proxy = createTlsServer({ ...server, requestCert: true, rejectUnauthorized: true }, (socket) => {
      const upstream = createConnection(socketPath);
      for (const end of [socket, upstream]) end.on("error", () => end.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    const address = `tcp://127.0.0.1:${await portOf(proxy)}`;
    expect((await attempt(address, {}, await pems("client", []))).type).toBe("docker");
    await expect(attempt(address, {}, { ca: authority.pem })).rejects.toThrow(/certificate|broke|socket hang up/i);
    await expect(attempt(address, {}, {})).rejects.toThrow(/certificate/);
  });

  test("that speaks something else is told as such", async () => {
    const stranger = createServer((socket) => socket.on("error", () => undefined).end("220 mail.example ESMTP\r\n"));
    await expect(attempt(`tcp://127.0.0.1:${await portOf(stranger)}`)).rejects.toMatchObject({ code: "unavailable" });
  });
});

const never = (): never => {
  throw new Error("an instance was wanted");
};

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => void server.close());
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
