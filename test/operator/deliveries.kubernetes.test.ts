import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient as createSluice } from "@sluice/client";
import { createClient, createTransport, type KubeClient, loadKubeconfig } from "@sluice/runtimes/kubernetes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryObject } from "../../packages/operator/src/delivery/delivery.kinds.ts";
import type { OperatorOptions } from "../../packages/operator/src/operator.ts";
import { type ServerProcess, serverProcess } from "../../packages/server/src/testing/server.process.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { operatorFor, prepareCluster, viewOf } from "./operator.fixture.ts";

const cluster = sharedCluster();
let server: ServerProcess;
let dataDir: string;

beforeAll(async () => {
  await prepareCluster(cluster);
  dataDir = await mkdtemp(join(tmpdir(), "sluice-deliveries-"));
  server = await serverProcess(dataDir);
  await server.start();
});
afterAll(async () => {
  await server?.kill();
  await server?.down();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** A document of sluice.yaml as an object of the cluster. */
const document = (kind: string, name: string, spec: object, annotations: object = {}): string =>
  JSON.stringify({ apiVersion: "sluice.dev/v1alpha1", kind: `Sluice${kind}`, metadata: { name, annotations }, spec });

const program = (name: string): string =>
  fileURLToPath(new URL(`../../packages/runtimes/src/suite/fixtures/${name}`, import.meta.url));

const WEB = { command: [process.execPath, program("web.mjs")] };

async function inNamespace(options: Partial<OperatorOptions> = {}) {
  await using starting = new AsyncDisposableStack();
  const namespace = starting.use(await temporaryNamespace(cluster));
  const sluice = { client: createSluice({ url: server.url }), project: "default" };
  const operator = starting.use(await operatorFor(cluster, namespace.name, { server: sluice, ...options }));
  const running = starting.move();
  const get = (kind: string, name: string) =>
    cluster.api.get<DeliveryObject & { metadata: { name: string } }>(
      `/apis/sluice.dev/v1alpha1/namespaces/${namespace.name}/sluice${kind.toLowerCase()}s/${name}`,
    );
  const conditions = async (kind: string, name: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      ((await get(kind, name))?.status?.conditions ?? []).map(({ type, status, reason }) => [
        type,
        `${status} ${reason}`,
      ]),
    );
  return {
    ...viewOf(cluster, namespace.name),
    namespace: namespace.name,
    operator,
    get,
    conditions,
    message: async (kind: string, name: string, type: string) =>
      (await get(kind, name))?.status?.conditions.find((one) => one.type === type)?.message ?? "",
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface ServerDeployment {
  id: string;
  version: string;
  status: string;
}

const onServer = (name: string): Promise<ServerDeployment> =>
  server.call("GET", `/v1/deployments/${name}?environment=production`);

describe("what is applied to a cluster is brought to the server", () => {
  test("in the order in which things need each other, whatever order they come in", async () => {
    await using space = await inNamespace();
    const name = `web-${space.namespace.slice(-6)}`;
    const spec = {
      artifact: name,
      version: "1.0.0",
      environment: "production",
      route: { path: `/${name}` },
      config: { healthCheck: { path: "/healthz" } },
    };
    await space.apply(document("Deployment", name, spec));
    await space.apply(document("Version", `${name}-1`, { artifact: name, version: "1.0.0", spec: WEB }));
    await space.apply(document("Artifact", name, { artifactKind: "application" }));
    await space.apply(
      document("Gate", `${name}-gate`, {
        artifact: name,
        conditions: [{ type: "cost", dataset: "faq", threshold: 1 }],
        environment: "staging",
      }),
    );
    await expect
      .poll(() => space.conditions("Deployment", name))
      .toMatchObject({
        Accepted: "True Accepted",
        Ready: "True Running",
        Progressing: "False Completed",
        Degraded: "False AsExpected",
      });
    const { status } = (await space.get("Deployment", name)) ?? {};
    expect(status).toMatchObject({
      deployment: expect.stringMatching(/^dep_/),
      rollout: expect.stringMatching(/^rol_/),
    });
    expect(status).toMatchObject({ phase: "running", weight: 100, version: "1.0.0", observedGeneration: 1 });
    expect(await space.kubectl(["get", "sdep"])).toMatch(
      new RegExp(`${name} +production +1.0.0 +1.0.0 +running +100 +True`),
    );
    expect(await space.conditions("Version", `${name}-1`)).toEqual({
      ...{ Accepted: "True Accepted", Ready: "True Accepted" },
      ...{ Reconciling: "False Accepted", Stalled: "False AsExpected" },
    });
    await expect
      .poll(async () => (await space.events(name)).map(({ reason }) => reason))
      .toEqual(expect.arrayContaining(["Accepted", "Running"]));

    // A change in the middle of a rollout supersedes it.
    const [two, three] = ["1.1.0", "1.2.0"].map((version) => ({
      artifact: name,
      version,
      spec: { ...WEB, env: { V: version } },
    }));
    await space.apply(document("Version", `${name}-2`, two ?? {}));
    await space.apply(document("Version", `${name}-3`, three ?? {}));
    const slow = { type: "canary", steps: [{ setWeight: 5 }, { wait: { approval: true } }], onConflict: "supersede" };
    await space.apply(document("Deployment", name, { ...spec, version: "1.1.0", strategy: slow }));
    await expect
      .poll(async () => (await space.get("Deployment", name))?.status)
      .toMatchObject({ phase: "shifting", weight: 5 });
    const first = (await space.get("Deployment", name))?.status?.rollout;
    await space.apply(document("Deployment", name, { ...spec, version: "1.2.0", strategy: { type: "immediate" } }));
    await expect.poll(() => space.conditions("Deployment", name)).toMatchObject({ Ready: "True Running" });
    expect((await space.get("Deployment", name))?.status).toMatchObject({ version: "1.2.0", weight: 100 });
    expect(await server.call("GET", `/v1/rollouts/${first}`)).toMatchObject({ phase: "superseded" });

    await space.kubectl(["delete", "sdep", name, "--timeout=90s"]);
    await expect(onServer(name)).rejects.toThrow("404");
  });

  test("a rollback is told, and not undone; asked for again it is tried again", async () => {
    await using space = await inNamespace();
    const name = `back-${space.namespace.slice(-6)}`;
    const spec = {
      artifact: name,
      version: "1.0.0",
      environment: "production",
      config: { healthCheck: { path: "/healthz" } },
    };
    const bad = { command: [process.execPath, program("exits.mjs")] };
    await space.apply(document("Artifact", name, { artifactKind: "application" }));
    await space.apply(document("Version", `${name}-1`, { artifact: name, version: "1.0.0", spec: WEB }));
    await space.apply(document("Version", `${name}-2`, { artifact: name, version: "2.0.0", spec: bad }));
    await space.apply(document("Deployment", name, spec));
    await expect.poll(() => space.conditions("Deployment", name)).toMatchObject({ Ready: "True Running" });
    await space.apply(document("Deployment", name, { ...spec, version: "2.0.0" }));
    await expect
      .poll(() => space.conditions("Deployment", name))
      .toMatchObject({ Ready: "False RolledBack", Degraded: "True RolledBack" });
    expect(await space.message("Deployment", name, "Ready")).toMatch(/rollout rol_\S+ to 2.0.0 ended rolled_back: ./);
    const rollout = (await space.get("Deployment", name))?.status?.rollout;
    const [warning] = (await space.events(name)).filter(({ type }) => type === "Warning");
    expect(warning?.reason).toBe("RolledBack");
    // Many looks later it is the same rollout; another value of the annotation begins one more.
    await space.kubectl(["label", "sdep", name, "looked=at"]);
    await space.apply(document("Deployment", name, { ...spec, version: "2.0.0" }, { "sluice.dev/retry": "1" }));
    await expect.poll(async () => (await space.get("Deployment", name))?.status?.rollout).not.toBe(rollout);
    const { items } = await server.call<{ items: { toVersion: string }[] }>(
      "GET",
      `/v1/rollouts?deployment=${(await onServer(name)).id}`,
    );
    expect(items.filter(({ toVersion }) => toVersion === "2.0.0")).toHaveLength(2);
  });
});

test("what cannot be read, or is refused, is told with its field and in the server's words", async () => {
  await using space = await inNamespace();
  await space.apply(document("Deployment", "lost", { artifact: "nobody", version: "1", environment: "production" }));
  await expect.poll(() => space.conditions("Deployment", "lost")).toMatchObject({ Accepted: "False Refused" });
  expect(await space.message("Deployment", "lost", "Accepted")).toContain("nobody");
  const scaling = { min: 5, max: 2 };
  await space.apply(
    document("Deployment", "odd", { artifact: "a", version: "1", environment: "production", config: { scaling } }),
  );
  await expect.poll(() => space.conditions("Deployment", "odd")).toMatchObject({ Accepted: "False InvalidSpec" });
  expect(await space.message("Deployment", "odd", "Accepted")).toContain("spec.config.scaling.min");
  await space.kubectl(["delete", "sdep", "lost", "odd", "--timeout=60s"]);
  const wrong = document("Artifact", "odd", { artifactKind: "application", project: "no such project" });
  await expect(space.apply(wrong)).rejects.toThrow("spec.project in body should match");
  const misspelt = document("Artifact", "odd", { artifactKind: "application", lables: { team: "a" } });
  await expect(space.apply(misspelt)).rejects.toThrow("spec.lables");
});

test("without a server it is said that there is none, and done when there is one again", async () => {
  await using space = await inNamespace();
  const name = `away-${space.namespace.slice(-6)}`;
  await server.stop();
  await space.apply(document("Artifact", name, { artifactKind: "application" }));
  await expect.poll(() => space.conditions("Artifact", name)).toMatchObject({ Accepted: "Unknown ServerUnreachable" });
  await server.start();
  await expect.poll(() => space.conditions("Artifact", name)).toMatchObject({ Accepted: "True Accepted" });
});

test("what is to stay on the server stays there", async () => {
  await using space = await inNamespace();
  const name = `stays-${space.namespace.slice(-6)}`;
  await space.apply(document("Environment", name, { tier: "staging" }));
  await expect.poll(() => space.conditions("Environment", name)).toMatchObject({ Ready: "True Accepted" });
  await space.kubectl(["delete", "senv", name, "--timeout=60s"]);
  expect(await server.call("GET", `/v1/environments/${name}`)).toMatchObject({ tier: "staging" });
  await space.apply(document("Environment", name, { tier: "dr", deletionPolicy: "Delete" }));
  await expect.poll(() => server.call("GET", `/v1/environments/${name}`)).toMatchObject({ tier: "dr" });
  await space.kubectl(["delete", "senv", name, "--timeout=60s"]);
  await expect(server.call("GET", `/v1/environments/${name}`)).rejects.toThrow("404");
});

/** A client, and how often it has written. */
function countingClient(): { client: KubeClient; writes: () => number } {
  const config = loadKubeconfig({ files: [cluster.kubeconfig], context: null });
  const client = createClient(createTransport({ config }));
  let writes = 0;
  const counted = <T>(write: () => Promise<T>): Promise<T> => {
    writes += 1;
    return write();
  };
  return {
    writes: () => writes,
    client: {
      ...client,
      get requests() {
        return client.requests;
      },
      create: (...args) => counted(() => client.create(...args)),
      merge: (...args) => counted(() => client.merge(...args)),
    },
  };
}

test("what is as it was is looked at and not written", async () => {
  const { client, writes } = countingClient();
  await using space = await inNamespace({ client });
  const name = `rest-${space.namespace.slice(-6)}`;
  await space.apply(document("Artifact", name, { artifactKind: "application" }));
  await space.apply(document("Version", name, { artifact: name, version: "1.0.0", spec: WEB }));
  await space.apply(document("Deployment", name, { artifact: name, version: "1.0.0", environment: "production" }));
  await expect.poll(() => space.conditions("Deployment", name)).toMatchObject({ Ready: "True Running" });
  const looks = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${space.operator.port}/metrics`)).text();
    return Number(/reconcile_seconds_count\{controller="deliveries",outcome="done"\} (\d+)/.exec(metrics)?.[1]);
  };
  // What it wrote last is seen once more.
  await expect.poll(() => space.events(name)).toContainEqual(expect.objectContaining({ reason: "Running" }));
  const [before, seen] = [writes(), await looks()];
  for (const kind of ["sart", "sver", "sdep"]) await space.kubectl(["label", kind, name, "looked=at"]);
  await expect.poll(looks).toBeGreaterThanOrEqual(seen + 3);
  await space.kubectl(["label", "sdep", name, "looked=again", "--overwrite"]);
  await expect.poll(looks).toBeGreaterThanOrEqual(seen + 4);
  expect(writes()).toBe(before);
});

test("of two objects that name the same thing the older has it; the other says whose it is, and follows it", async () => {
  await using space = await inNamespace();
  const name = `twin-${space.namespace.slice(-6)}`;
  await space.apply(document("Environment", "older", { name, tier: "staging" }));
  await expect.poll(() => space.conditions("Environment", "older")).toMatchObject({ Ready: "True Accepted" });
  // Ages are told in seconds.
  const born = Date.parse((await space.get("Environment", "older"))?.metadata.creationTimestamp ?? "");
  await expect.poll(() => Date.now()).toBeGreaterThan(born + 1_000);
  await space.apply(document("Environment", "younger", { name, tier: "dr", deletionPolicy: "Delete" }));
  await expect
    .poll(() => space.conditions("Environment", "younger"))
    .toMatchObject({ Accepted: "False Taken", Stalled: "True Taken" });
  expect(await space.message("Environment", "younger", "Accepted")).toBe(
    `Environment ${name} is what SluiceEnvironment ${space.namespace}/older asks for`,
  );
  expect(await server.call("GET", `/v1/environments/${name}`)).toMatchObject({ tier: "staging" });
  await space.kubectl(["delete", "senv", "older", "--timeout=60s"]);
  await expect.poll(() => space.conditions("Environment", "younger")).toMatchObject({ Ready: "True Accepted" });
  expect(await server.call("GET", `/v1/environments/${name}`)).toMatchObject({ tier: "dr" });
});

test("what is deleted while the server is away waits for it, says so, and may be let go without", async () => {
  await using space = await inNamespace();
  const name = `gone-${space.namespace.slice(-6)}`;
  const gate = (suffix: string) =>
    document("Gate", `${name}-${suffix}`, {
      artifact: name,
      conditions: [{ type: "cost", dataset: "faq", threshold: 1 }],
    });
  await space.apply(document("Artifact", name, { artifactKind: "application" }));
  for (const suffix of ["kept", "lost"]) {
    await space.apply(gate(suffix));
    await expect.poll(() => space.conditions("Gate", `${name}-${suffix}`)).toMatchObject({ Ready: "True Accepted" });
  }
  await server.stop();
  await space.kubectl(["delete", "sgate", `${name}-kept`, `${name}-lost`, "--wait=false"]);
  await expect
    .poll(() => space.conditions("Gate", `${name}-kept`))
    .toMatchObject({ Accepted: "Unknown ServerUnreachable", Reconciling: "True ServerUnreachable" });
  const orphaned = JSON.stringify({ spec: { deletionPolicy: "Orphan" } });
  await space.kubectl(["patch", "sgate", `${name}-kept`, "--type=merge", "-p", orphaned]);
  await expect.poll(() => space.get("Gate", `${name}-kept`)).toBeNull();
  expect(await space.get("Gate", `${name}-lost`)).not.toBeNull();
  await server.start();
  await expect.poll(() => space.get("Gate", `${name}-lost`)).toBeNull();
  expect(await server.call("GET", `/v1/gates/${name}-kept`)).toMatchObject({ name: `${name}-kept` });
  await expect(server.call("GET", `/v1/gates/${name}-lost`)).rejects.toThrow("404");
});

test("a rollout that is paused on the server is told as paused, and as going on when it does", async () => {
  await using space = await inNamespace();
  const name = `pause-${space.namespace.slice(-6)}`;
  const strategy = { type: "canary", steps: [{ setWeight: 5 }, { wait: { approval: true } }] };
  const spec = { artifact: name, environment: "production", route: { path: `/${name}` }, strategy };
  const config = { healthCheck: { path: "/healthz" } };
  await space.apply(document("Artifact", name, { artifactKind: "application" }));
  for (const version of ["1.0.0", "1.1.0"])
    await space.apply(
      document("Version", `${name}-${version}`, { artifact: name, version, spec: { ...WEB, env: { version } } }),
    );
  await space.apply(document("Deployment", name, { ...spec, config, version: "1.0.0" }));
  await expect.poll(() => space.conditions("Deployment", name)).toMatchObject({ Ready: "True Running" });
  await space.apply(document("Deployment", name, { ...spec, config, version: "1.1.0" }));
  await expect.poll(async () => (await space.get("Deployment", name))?.status).toMatchObject({ weight: 5 });
  const rollout = (await space.get("Deployment", name))?.status?.rollout;
  await server.call("POST", `/v1/rollouts/${rollout}/pause`, {});
  await expect
    .poll(() => space.conditions("Deployment", name))
    .toMatchObject({ Ready: "False Paused", Reconciling: "True Paused", Stalled: "False AsExpected" });
  await server.call("POST", `/v1/rollouts/${rollout}/resume`, {});
  await expect.poll(() => space.conditions("Deployment", name)).not.toMatchObject({ Reconciling: "True Paused" });
  await expect.poll(() => space.events(name)).toContainEqual(expect.objectContaining({ reason: "Paused" }));
});
