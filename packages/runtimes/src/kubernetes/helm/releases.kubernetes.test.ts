import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import type { KubeObject } from "../../../../../test/kubernetes/api.ts";
import { helmBinary } from "../../../../../test/kubernetes/binaries.ts";
import { sharedCluster, temporaryNamespace } from "../../../../../test/kubernetes/shared.ts";
import { SILENT } from "../../supervision/policy.ts";
import type { ChartRelease, Values } from "./chart.values.ts";
import { createHelm, type HelmOptions } from "./helm.ts";
import { createReleases, type Releases, type ReleasesOptions } from "./releases.ts";

const CHART = fileURLToPath(new URL("../../../../../charts/model-serving", import.meta.url));
const cluster = sharedCluster();

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-helm-"));
  program = await helmBinary();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NAME = "iris-r1";
const VALUES: Values = {
  model: { name: "iris", version: "1", path: "models/default/iris/1" },
  s3: { accessKey: "AKIA-1", secretKey: "s3cret" },
  ingress: { enabled: false },
};

function release(change: Partial<ChartRelease> = {}, values: Values = {}): ChartRelease {
  const { replicas = 1, digest = "d1" } = change;
  return {
    ...{ name: NAME, chart: CHART, digest, replicas, secrets: ["s3cret"] },
    labels: { "sluice.dev/deployment": "dep_1", "sluice.dev/digest": digest },
    ...change,
    values: { ...VALUES, ...values, replicaCount: replicas },
  };
}

interface Scene {
  ref: { namespace: string; name: string };
  releases: Releases;
  kubectl(...args: string[]): Promise<string>;
  /** `Kind/name` of whatever the chart makes, and helm's own records. */
  objects(): Promise<string[]>;
  /** Resolves when nothing is under way; throws what helm could not do. */
  settled(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function scene(
  helm: Partial<HelmOptions> = {},
  options: Partial<Omit<ReleasesOptions, "helm">> = {},
): Promise<Scene> {
  const namespace = await temporaryNamespace(cluster);
  const ref = { namespace: namespace.name, name: NAME };
  const replicas = { known: null as number | null };
  const given = { program, kubeconfig: [cluster.kubeconfig], context: null, env: {}, folder };
  const kubectl = (...args: string[]) => cluster.kubectl(["-n", namespace.name, ...args]);
  const releases = createReleases({
    helm: createHelm({ ...given, ...helm }),
    objectsOf: () => ({ replicas: replicas.known, isWhole: true }),
    changed: () => undefined,
    clock: Date.now,
    logger: SILENT,
    ...options,
  });
  return {
    ref,
    releases,
    kubectl,
    async objects() {
      const kinds = "deployments,services,secrets,serviceaccounts,ingresses,networkpolicies,poddisruptionbudgets";
      const all = await kubectl("get", kinds, "-o", 'jsonpath={range .items[*]}{.kind}/{.metadata.name}{"\\n"}{end}');
      return all.split("\n").filter((line) => line !== "" && line !== "ServiceAccount/default");
    },
    async settled() {
      await expect.poll(() => releases.work(ref)?.failure === null).toBe(false);
      const failure = releases.work(ref)?.failure;
      if (failure) throw failure;
      const found = await kubectl("get", "deployment", NAME, "--ignore-not-found", "-o", "jsonpath={.spec.replicas}");
      replicas.known = found === "" ? null : Number(found);
    },
    async [Symbol.asyncDispose]() {
      releases.close();
      await namespace[Symbol.asyncDispose]();
    },
  };
}

const versions = async ({ ref }: Scene): Promise<{ revision: number; status: string }[]> =>
  JSON.parse(await cluster.helm(["history", NAME, "-n", ref.namespace, "-o", "json"]).catch(() => "[]"));

test("a release is installed, scaled with its values kept, and uninstalled without a trace", async () => {
  await using space = await scene();
  space.releases.want(space.ref, { type: "present", release: release() });
  await space.settled();
  expect(await space.objects()).toEqual(
    expect.arrayContaining([`Deployment/${NAME}`, `Service/${NAME}`, `Secret/${NAME}`]),
  );
  const template = (): Promise<string> => space.kubectl("get", "deployment", NAME, "-o", "jsonpath={.spec.template}");
  const before = await template();

  space.releases.want(space.ref, { type: "present", release: release({ replicas: 3 }) });
  await space.settled();
  expect(await space.kubectl("get", "deployment", NAME, "-o", "jsonpath={.spec.replicas}")).toBe("3");
  expect(await template()).toBe(before);
  expect(await space.objects()).toContain(`PodDisruptionBudget/${NAME}`);
  expect(await versions(space)).toMatchObject([{ status: "superseded" }, { revision: 2, status: "deployed" }]);

  space.releases.want(space.ref, { type: "present", release: release({ replicas: 3 }) });
  await space.settled();
  expect(await versions(space)).toHaveLength(2);

  space.releases.want(space.ref, { type: "absent" });
  await space.settled();
  await expect.poll(() => space.objects()).toEqual([]);
  space.releases.want(space.ref, { type: "absent" });
  await space.settled();
});

test("an install that fails leaves nothing behind, and says why in the cluster's words", async () => {
  await using space = await scene();
  await space.kubectl("create", "quota", "small", "--hard=count/deployments.apps=0");
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toMatchObject({
    code: "resource_exhausted",
    message: expect.stringMatching(/^release test-\w+\/iris-r1: .*exceeded quota: small/),
  });
  await expect.poll(() => space.objects()).toEqual([]);

  await space.kubectl("delete", "quota", "small");
  space.releases.want(space.ref, { type: "present", release: release({ replicas: 2 }) });
  await space.settled();
  expect(await space.objects()).toContain(`Deployment/${NAME}`);
});

test("an upgrade that fails goes back to what was there", async () => {
  await using space = await scene();
  space.releases.want(space.ref, { type: "present", release: release() });
  await space.settled();
  await space.kubectl("create", "quota", "closed", "--hard=count/ingresses.networking.k8s.io=0");
  const values = { ingress: { enabled: true }, env: { LEVEL: "debug" } };
  space.releases.want(space.ref, { type: "present", release: release({ digest: "d2" }, values) });
  await expect(space.settled()).rejects.toThrow("exceeded quota: closed");
  expect(await versions(space)).toMatchObject([
    { status: "superseded" },
    { status: "failed" },
    { revision: 3, status: "deployed" },
  ]);
  expect(await space.kubectl("get", "deployment", NAME, "-o", "yaml")).not.toContain("LEVEL");
  expect(await space.objects()).not.toContain(`Ingress/${NAME}`);
});

/** A helm that waits for pods which never come, killed while it does. */
async function killed(
  space: Scene,
  verb: "install" | "upgrade",
  labels = "sluice.dev/deployment=dep_1",
): Promise<void> {
  const args = [verb, NAME, CHART, "--values", "-", "--wait", "--labels", labels, "-n", space.ref.namespace];
  const env = { KUBECONFIG: cluster.kubeconfig, HOME: folder };
  const child = spawn(program, args, { env, stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(JSON.stringify(VALUES));
  const exit = once(child, "exit");
  await expect.poll(async () => (await versions(space)).at(-1)?.status).toBe(`pending-${verb}`);
  child.kill("SIGKILL");
  await exit;
}

test.each(["install", "upgrade"] as const)(
  "an %s that was killed in the middle is taken back and begun anew",
  async (verb) => {
    await using space = await scene({}, { patienceMs: 0 });
    if (verb === "upgrade") {
      space.releases.want(space.ref, { type: "present", release: release() });
      await space.settled();
    }
    await killed(space, verb);
    space.releases.want(space.ref, { type: "present", release: release({ replicas: 2 }) });
    await space.settled();
    expect((await versions(space)).at(-1)).toMatchObject({ status: "deployed" });
    expect(await space.kubectl("get", "deployment", NAME, "-o", "jsonpath={.spec.replicas}")).toBe("2");
  },
);

test("whoever is at a release is waited for, until it must be dead", async () => {
  const now = { ms: Date.now(), looks: 0 };
  const clock = (): number => {
    now.looks += 1;
    return now.ms;
  };
  await using space = await scene({}, { clock, lookMs: 50 });
  await killed(space, "install");
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect.poll(() => now.looks).toBeGreaterThan(3);
  expect(await versions(space)).toMatchObject([{ revision: 1, status: "pending-install" }]);
  expect(space.releases.work(space.ref)).toMatchObject({ failure: null });
  now.ms += 61_000;
  await space.settled();
  expect(await versions(space)).toMatchObject([{ revision: 1, status: "deployed" }]);
});

test("what is no longer wanted goes at once, also while helm waits for somebody else", async () => {
  await using space = await scene();
  await killed(space, "install");
  space.releases.want(space.ref, { type: "present", release: release() });
  space.releases.want(space.ref, { type: "absent" });
  await space.settled();
  await expect.poll(() => space.objects()).toEqual([]);
});

// edge case 44
test("a release and an object of somebody else are never touched", async () => {
  await using space = await scene();
  await killed(space, "install", "team=theirs");
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toThrow("exists and was not made by Sluice; Sluice does not touch it");
  expect(await versions(space)).toMatchObject([{ revision: 1, status: "pending-install" }]);

  await using other = await scene();
  await other.kubectl("create", "service", "clusterip", NAME, "--tcp=80");
  const uid = await other.kubectl("get", "service", NAME, "-o", "jsonpath={.metadata.uid}");
  other.releases.want(other.ref, { type: "present", release: release() });
  await expect(other.settled()).rejects.toThrow(/Service "iris-r1" in namespace .* exists and cannot be imported/);
  expect(await other.kubectl("get", "service", NAME, "-o", "jsonpath={.metadata.uid}")).toBe(uid);
  expect(await other.objects()).toEqual([`Service/${NAME}`]);
});

test("values that the chart refuses are named, and nothing is begun", async () => {
  await using space = await scene();
  space.releases.want(space.ref, { type: "present", release: release({}, { gpus: "many" }) });
  await expect(space.settled()).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("/gpus"),
  });
  expect(await space.objects()).toEqual([]);
});

test("keys are in no list of arguments, and what helm was told of them is not in what it answers", async () => {
  const seen = join(folder, "arguments");
  const wrapper = join(folder, "helm-that-tells");
  await writeFile(wrapper, `#!/bin/sh\necho "$@" >> ${seen}\nexec ${program} "$@"\n`);
  await chmod(wrapper, 0o755);
  await using space = await scene({ program: wrapper, env: { PATH: "/usr/bin:/bin" } });
  const broken = release({}, { replicaCount: 0, model: { name: "s3cret!", version: "1", path: "a" } });
  space.releases.want(space.ref, { type: "present", release: broken });
  const error: unknown = await space.settled().catch((failure: unknown) => failure);
  expect(String(error)).toContain("/model/name");
  expect(String(error)).not.toContain("s3cret");
  const told = await readFile(seen, "utf8");
  expect(told).toContain("install iris-r1");
  expect(told).not.toMatch(/s3cret|AKIA/);
});

test("who may not is told so, by the cluster", async () => {
  await using space = await scene({ kubeconfig: [await cluster.kubeconfigFor({ user: "developer" })] });
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toMatchObject({
    code: "permission_denied",
    message: expect.stringContaining('User "developer" cannot'),
  });
});

test("a helm that is missing is asked for by name", async () => {
  await using space = await scene({ program: "/nowhere/helm" });
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toThrow("/nowhere/helm cannot be run");
});

test("an API server that says nothing is waited for no longer than the limit, and asked again", async () => {
  const deaf = createServer().listen(0, "127.0.0.1");
  await once(deaf, "listening");
  onTestFinished(() => void deaf.close());
  const address = deaf.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const kubeconfig = join(folder, "deaf");
  await writeFile(
    kubeconfig,
    stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "deaf" },
      clusters: [{ name: "deaf", cluster: { server: `https://127.0.0.1:${port}` } }],
      contexts: [{ name: "deaf", context: { cluster: "deaf", user: "" } }],
    }),
  );
  await using space = await scene({ kubeconfig: [kubeconfig], timeoutMs: 500 });
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toMatchObject({ code: "deadline_exceeded" });
});

test("what the cluster refused for a moment is tried again by itself", async () => {
  await using space = await scene({ kubeconfig: [join(folder, "late")] }, { retryMs: { first: 50, most: 50 } });
  space.releases.want(space.ref, { type: "present", release: release() });
  await expect(space.settled()).rejects.toThrow();
  await writeFile(join(folder, "late"), await readFile(cluster.kubeconfig));
  await expect.poll(() => space.releases.work(space.ref)).toBeNull();
  const objects: KubeObject[] = await cluster.api.list(`/apis/apps/v1/namespaces/${space.ref.namespace}/deployments`);
  expect(objects.map(({ metadata }) => metadata.name)).toEqual([NAME]);
});
