import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime, Workload } from "@sluice/core";
import type { ClusterAccess } from "../../../../test/kubernetes/access.ts";
import { testWorkload } from "../process/process.harness.ts";
import { eventually } from "../suite/eventually.ts";
import type { RuntimeHarness } from "../suite/runtime.harness.ts";
import { SILENT } from "../supervision/policy.ts";
import type { Carrier } from "./carrier.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { createCluster } from "./cluster.ts";
import { createKubernetesRuntime, type KubernetesRuntimeOptions } from "./kubernetes.runtime.ts";

const FIXTURES = fileURLToPath(new URL("../suite/fixtures", import.meta.url));
/** A name: the pods of the test cluster run programs of this machine. */
export const TEST_IMAGE = "sluice.test/fixtures:1";

export interface KubernetesHarness extends RuntimeHarness {
  readonly namespace: string;
  readonly cluster: Cluster;
}

/** One of the suite's programs, in a namespace of its own. */
export const clusterWorkload = (namespace: string, fixture: string, changes: Partial<Workload> = {}): Workload =>
  testWorkload(fixture, {
    image: TEST_IMAGE,
    command: ["node", join(FIXTURES, `${fixture}.mjs`)],
    placement: {
      target: { type: "kubernetes", namespace, traffic: { type: "sluice" } },
      ...{ project: "shop", environment: "production", name: "greeter", kind: "application" },
    },
    healthCheck: { path: "/healthz", intervalSeconds: 1, timeoutSeconds: 2, retries: 2 },
    progressDeadlineSeconds: 40,
    ...changes,
  });

export interface HarnessChanges {
  cluster?: Partial<ClusterOptions>;
  runtime?: Partial<KubernetesRuntimeOptions>;
  carriers?: (cluster: Cluster) => readonly Carrier[];
  /** Instead of the image that runs the programs. */
  workload?: (workload: Workload, fixture: string) => Workload;
}

/** A runtime of a namespace that it makes itself; nothing else of the shared cluster is seen by it. */
export async function createKubernetesHarness(
  access: ClusterAccess,
  changes: HarnessChanges = {},
): Promise<KubernetesHarness> {
  const namespace = `test-${randomBytes(5).toString("hex")}`;
  await access.kubectl(["create", "namespace", namespace]);
  const open = async (): Promise<{ cluster: Cluster; runtime: Runtime }> => {
    const options = { files: [access.kubeconfig], context: null, namespaces: [namespace], logger: SILENT };
    const cluster = createCluster({ ...options, ...changes.cluster });
    const carriers = changes.carriers?.(cluster) ?? [];
    const runtime = createKubernetesRuntime({
      cluster,
      carriers,
      drainSeconds: 1,
      usageMs: 500,
      logger: SILENT,
      ...changes.runtime,
    });
    await runtime.start();
    return { cluster, runtime };
  };
  let opened = await open();
  const shut = async (): Promise<void> => {
    await opened.runtime.close();
    await opened.cluster.close();
  };
  return {
    namespace,
    liveMs: 6_000,
    deadlineSeconds: 8,
    keepsOldest: false,
    words: { silent: "connection refused", garbage: "malformed HTTP", broken: "statuscode: 500" },
    get runtime() {
      return opened.runtime;
    },
    get cluster() {
      return opened.cluster;
    },
    workload(fixture, change) {
      const workload = clusterWorkload(namespace, fixture, change);
      return changes.workload?.(workload, fixture) ?? workload;
    },
    incarnation: ({ id, restarts }) => `${id} ${restarts}`,
    async reopen() {
      await shut();
      opened = await open();
    },
    async killInstance({ id }) {
      const path = "jsonpath={.status.containerStatuses[0].containerID}";
      const container = await access.kubectl(["-n", namespace, "get", "pod", id, "-o", path]);
      process.kill(Number(container.replace("process://", "")), "SIGKILL");
    },
    async get({ address }, path) {
      const response = await fetch(`http://${address?.host}:${address?.port}${path}`);
      return { status: response.status, body: await response.text() };
    },
    async dispose() {
      try {
        await removeAll(opened.runtime);
        await eventually(
          "nothing is left of the revisions",
          async () => (await leftIn(access, namespace)) === "" || undefined,
        );
      } finally {
        await shut();
        await access.kubectl(["delete", "namespace", namespace, "--wait=false"]);
      }
    },
  };
}

async function removeAll(runtime: Runtime): Promise<void> {
  for (const deployment of await runtime.deployments())
    for (const { revision } of await runtime.observe(deployment))
      await runtime.remove({ deployment, revision, fence: Number.MAX_SAFE_INTEGER });
  await eventually("everything is removed", async () => (await runtime.deployments()).length === 0 || undefined);
}

/** Objects of revisions, of every kind that there is one of. */
const leftIn = (access: ClusterAccess, namespace: string): Promise<string> => {
  const kinds = "deploy,rs,job,pod,svc,cm,secret,sa,pdb,hpa,netpol";
  return access.kubectl(["-n", namespace, "get", kinds, "-l", "sluice.dev/revision", "-o", "name"]);
};
