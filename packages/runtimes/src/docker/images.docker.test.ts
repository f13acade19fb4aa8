import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Target, targetSchema, type Workload, type WorkloadStatus } from "@sluice/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { buildTestImage } from "../../../../test/docker/image.ts";
import { type Registry, startRegistry } from "../../../../test/docker/registry.ts";
import { eventually } from "../suite/eventually.ts";
import { imageWorkload } from "./docker.fixture.ts";
import { createDockerHarness, type DockerHarness } from "./docker.harness.ts";

const socketPath = inject("dockerSocket");
const LOGIN = { username: "me", password: "hunter2hunter2" };

let registry: Registry;
let harness: DockerHarness;
let configFolder: string;
let name: string;
beforeAll(async () => {
  registry = await startRegistry(inject("dockerRegistryPort"));
});
afterAll(() => registry?.[Symbol.asyncDispose]());
beforeEach(async ({ task }) => {
  name = `${registry.host}/t${task.id.replaceAll(/\W/g, "")}:1`;
  configFolder = await mkdtemp(join(tmpdir(), "sluice-docker-config-"));
  harness = await createDockerHarness(socketPath, { configFolder });
});
afterEach(async () => {
  registry.login = null;
  await harness.dispose();
  await rm(configFolder, { recursive: true, force: true });
});

/** An image of BusyBox that says `text`, made on this machine, and in the registry. */
async function publish(text: string): Promise<string> {
  await buildTestImage(socketPath, { name, changes: [`ENV SAYS=${text}`] });
  const stream = await harness.docker.getImage(name).push({});
  for await (const _ of stream);
  return (await harness.docker.getImage(name).inspect()).Id;
}

const forget = (): Promise<unknown> => harness.docker.getImage(name).remove({ force: true });

function says(pullPolicy: "always" | "missing" | "never", changes: Partial<Workload> = {}): Workload {
  const target: Target = targetSchema.parse({ type: "docker", pullPolicy });
  const placement = { target, project: "default", environment: "test", name: "speaker", kind: "application" } as const;
  const health = { path: null, intervalSeconds: 0.2, timeoutSeconds: 2, retries: 2 };
  const command = ["sh", "-c", 'echo "$SAYS"; exec httpd -f -p "$PORT"'];
  return imageWorkload("web", { image: name, command, placement, healthCheck: health, stopSeconds: 0.5, ...changes });
}

const status = async (revision = 1): Promise<WorkloadStatus | undefined> =>
  (await harness.runtime.observe("greeter")).find((one) => one.revision === revision);
const available = (revision = 1): Promise<WorkloadStatus> =>
  eventually("it is available", async () => {
    const now = await status(revision);
    return now?.verdict === "available" ? now : undefined;
  });
const failed = (why: RegExp): Promise<string> =>
  eventually(`it is judged failed: ${why}`, async () => {
    const now = await status();
    return now?.verdict === "failed" && why.test(now.reason ?? "") ? (now.reason ?? "") : undefined;
  });

/** What containers of the revision run, by image id. */
const running = async (revision = 1): Promise<string[]> =>
  (await harness.containers()).flatMap(({ Labels, ImageID }) =>
    Labels["sluice.dev/revision"] === String(revision) ? [ImageID] : [],
  );

describe("an image", () => {
  test("that is missing is pulled once, and not again for more instances", async () => {
    const id = await publish("hello");
    await forget();
    const before = registry.pulls;
    await harness.runtime.apply(says("missing", { replicas: 2 }));
    await available();
    expect(await running()).toEqual([id, id]);
    expect(registry.pulls - before).toBeLessThanOrEqual(2);
    const pulls = registry.pulls;
    await harness.runtime.apply(says("missing", { replicas: 3, fence: 2 }));
    await eventually("three run", async () => (await running()).length === 3 || undefined);
    expect(registry.pulls).toBe(pulls);
  });

  // edge case 43
  test("whose tag was moved stays what it was for its revision, and is the new one for the next", async () => {
    const first = await publish("first");
    await harness.runtime.apply(says("always"));
    await available();
    const second = await publish("second");
    await harness.runtime.apply(says("always", { replicas: 2, fence: 2 }));
    await eventually("two run", async () => (await running()).length === 2 || undefined);
    expect(await running()).toEqual([first, first]);
    await harness.runtime.apply(says("always", { revision: 2, fence: 3 }));
    await available(2);
    expect(await running(2)).toEqual([second]);
  });

  test("that is only on the daemon's machine runs where nothing is to be pulled", async () => {
    await publish("hello");
    const before = registry.pulls;
    await harness.runtime.apply(says("never"));
    await available();
    expect(registry.pulls).toBe(before);
  });

  test("that is not there, and may not be pulled, is named", async () => {
    await harness.runtime.apply(says("never"));
    expect(await failed(/pull policy is never/)).toContain(`image ${name} is not at Docker`);
  });

  test("that the registry does not have is named, in the registry's words, and nothing is left", async () => {
    await harness.runtime.apply(says("missing"));
    expect(await failed(/manifest unknown/)).toContain(`image ${name} cannot be pulled`);
    expect(await harness.containers()).toEqual([]);
  });

  test("of a registry that is not there is tried again, and then judged", async () => {
    await harness.runtime.apply(says("missing", { image: "127.0.0.1:1/nobody:1" }));
    const reason = await failed(/connection refused/);
    expect(reason).toContain("image 127.0.0.1:1/nobody:1 cannot be pulled");
  });

  test("behind a login is pulled with what Docker's client keeps, and the password is nowhere to be read", async () => {
    await publish("hello");
    await forget();
    registry.login = LOGIN;
    await harness.runtime.apply(says("missing"));
    await failed(/unauthorized|authentication required/i);
    const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
    await writeFile(join(configFolder, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    await harness.runtime.apply(says("missing", { revision: 2, fence: 2 }));
    await available(2);
    const told = JSON.stringify([await harness.runtime.observe("greeter"), await harness.containers()]);
    expect(told).not.toContain("hunter2");
  });
});
