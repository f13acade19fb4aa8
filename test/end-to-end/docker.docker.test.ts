import { fileURLToPath } from "node:url";
import { ok } from "@sluice/client";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { buildTestImage } from "../docker/image.ts";
import { CONFIG, canary, command, ended, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

const PROGRAM = fileURLToPath(new URL("programs/program.mjs", import.meta.url));
const IMAGE = "sluice.test/program:1";
const ENVIRONMENT = "containers";

const socketPath = inject("dockerSocket");
const docker = new Docker({ socketPath });
let system: System;

beforeAll(async () => {
  await buildTestImage(socketPath, {
    name: IMAGE,
    withNode: true,
    files: { "/app/program.mjs": PROGRAM },
    changes: ['ENTRYPOINT ["/bin/node", "/app/program.mjs"]', "ENV HOST=0.0.0.0"],
  });
  system = await startSystem({ SLUICE_DOCKER_HOST: `unix://${socketPath}` });
  await environment(ENVIRONMENT, { type: "docker", region: "cellar", labels: { rack: "7" } });
});

afterAll(async () => {
  // Going down leaves instances alone; what tests have made is theirs to remove.
  const { items } = await ok(system.client.http.GET("/v1/deployments", { params: { query: {} } }));
  for (const { id } of items) await ok(system.client.http.DELETE("/v1/deployments/{id}", { params: { path: { id } } }));
  for (const { id } of items)
    await until(
      "its containers are gone",
      async () => (await containers([`sluice.dev/deployment=${id}`])).length === 0,
    );
  await system[Symbol.asyncDispose]();
});

/** Other tests have containers on the same host. */
const containers = (labels: string[]): Promise<Docker.ContainerInfo[]> =>
  docker.listContainers({ all: true, filters: { label: ["app.kubernetes.io/managed-by=sluice", ...labels] } });

const environment = (name: string, target: object) =>
  system.send("PUT", `/v1/environments/${name}`, { name, targets: [target], protection: { fourEyes: false } });

/** A deployment whose versions are one image with different variables. */
async function inContainers(name: string, place = ENVIRONMENT) {
  const delivery = await newDelivery(system, name, place);
  const params = { path: { name } };
  return {
    ...delivery,
    async publish(version: string, changes: object = {}) {
      const body = { version, spec: { image: IMAGE, env: { VERSION: version }, ...changes } };
      await ok(system.client.http.POST("/v1/artifacts/{name}/versions", { params, body }));
    },
  };
}

test("a canary of containers under load: no request fails, and containers are as the target says", async () => {
  const greeter = await inContainers("boxed");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  const limits = { memory: "256Mi", cpu: "1" };
  const config = { replicas: 2, resources: { limits }, healthCheck: { path: "/healthz", intervalSeconds: 0.2 } };
  expect(await greeter.deliver("1.0.0", { config })).toMatchObject({ phase: "completed" });
  const first = [`sluice.dev/deployment=${(await greeter.get()).id}`, "sluice.dev/revision=1"];
  const [container] = await containers(first);
  expect(container?.Labels).toMatchObject({
    "app.kubernetes.io/name": "boxed",
    "app.kubernetes.io/version": "1.0.0",
    "sluice.dev/environment": ENVIRONMENT,
    "sluice.dev/region": "cellar",
    rack: "7",
  });
  const { HostConfig } = await docker.getContainer(container?.Id ?? "").inspect();
  expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, Memory: 256 * 1024 * 1024, NanoCpus: 1e9 });

  const traffic = sendTraffic(greeter.url, 10);
  const strategy = canary([{ setWeight: 30 }, { wait: { approval: true } }]);
  const rollout = await greeter.update({ version: "1.1.0", strategy });
  await reaches(system, rollout, (now) => now.weight === 30 && now.allowedCommands.includes("approve"));
  await until("both answer", () => traffic.versions.has("1.0.0") && traffic.versions.has("1.1.0"));
  await command(system, rollout, "approve");
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed", toVersion: "1.1.0" });
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  await until("the old containers are gone", async () => (await containers(first)).length === 0);
});

test.for<[string, object, RegExp]>([
  ["crashing", { command: ["node", "-e", "throw new Error('out of luck')"] }, /exited with status 1.*out of luck/],
  ["missing", { image: "sluice.test/never-made:1" }, /image sluice\.test\/never-made:1 cannot be pulled/],
  ["deaf", { env: { HOST: "127.0.0.1" } }, /must listen on .*0\.0\.0\.0/],
])("a %s image is rolled back while the good one serves on, and the reason says why", async ([name, changes, why]) => {
  const greeter = await inContainers(name);
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0", changes);
  await greeter.deliver("1.0.0");
  const traffic = sendTraffic(greeter.url, 20);
  const config = { ...CONFIG, progressDeadlineSeconds: 10 };
  const rollout = await greeter.update({ version: "1.1.0", config, strategy: canary([{ setWeight: 20 }]) });
  const end = await ended(system, rollout, 120_000);
  expect(end.phase).toMatch(/rolled_back|failed/);
  expect(end.reason).toMatch(why);
  await traffic.stop();
  expect(traffic.failures).toEqual([]);
  expect([...traffic.versions.keys()]).toEqual(["1.0.0"]);
  await until("nothing of it is left", async () => {
    const { id } = await greeter.get();
    return (await containers([`sluice.dev/deployment=${id}`, "sluice.dev/revision=2"])).length === 0;
  });
});

// edge case 38
test("after kill -9 of the server the next one takes the containers over, and replaces one that died meanwhile", async () => {
  const greeter = await inContainers("adopted");
  await greeter.publish("1.0.0");
  await greeter.deliver("1.0.0", { config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 0.2 } } });
  const { id } = await greeter.get();
  const mine = async () => (await containers([`sluice.dev/deployment=${id}`])).map(({ Id }) => Id).toSorted();
  const [killed = "", kept = ""] = await mine();
  await system.kill();
  await docker.getContainer(killed).kill({ signal: "SIGKILL" });
  await system.start();
  await until("two containers run, one of them a fresh one", async () => {
    const now = await mine();
    return now.length === 2 && now.includes(kept) && !now.includes(killed);
  });
  await until("it answers", async () => (await ask(greeter.url).catch(() => null))?.version === "1.0.0");
});

test.for<[string, object, object, RegExp]>([
  ["a daemon that is not there", { host: "unix:///nowhere/docker.sock" }, { image: IMAGE }, /there is no such socket/],
  ["a network that is not there", { network: "nowhere" }, { image: IMAGE }, /no network nowhere .*there are: /],
  ["a version without an image", {}, { command: ["node", "x.mjs"] }, /has a command and no image/],
  [
    "a folder of this machine",
    {},
    { image: IMAGE, workdir: "programs" },
    /workdir programs is a folder of this machine/,
  ],
])("%s is refused in validation, by its name", async ([what, target, spec, why]) => {
  const name = what.replaceAll(" ", "-");
  await environment(name, { type: "docker", ...target });
  const delivery = await newDelivery(system, name, name);
  const params = { path: { name } };
  await ok(
    system.client.http.POST("/v1/artifacts/{name}/versions", { params, body: { version: "1.0.0", spec: { ...spec } } }),
  );
  const end = await delivery.deliver("1.0.0");
  expect(end.phase).toBe("failed");
  const failed = end.validations.filter(({ passed }) => !passed).map(({ message }) => message);
  expect(failed.join("\n")).toMatch(why);
});
