import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClusterAccess } from "./access.ts";
import { createAuthority } from "./certificates.ts";
import { bindPods } from "./pod-runner/binding.ts";
import type { ContainerRun } from "./pod-runner/container.run.ts";
import { startForwarder } from "./pod-runner/forwarder.ts";
import { answerKubelet, type FindLog } from "./pod-runner/kubelet.ts";
import { metricsAnswer, type PodUsage, registerMetrics } from "./pod-runner/metrics.ts";
import { claimNetwork } from "./pod-runner/network.ts";
import { registerNodes, type TestNode } from "./pod-runner/nodes.ts";
import { type PodHost, RunningPod } from "./pod-runner/pod.ts";
import { isDone, type Pod } from "./pod-runner/pod.types.ts";
import { serveServices } from "./pod-runner/services.ts";
import { measure } from "./pod-runner/usage.ts";

/** Plays the kubelets of some nodes, and the scheduler: pods run as processes of this machine. */
export interface PodRunner extends AsyncDisposable {
  /** This machine, as programs in pods reach it. */
  readonly hostAddress: string;
  close(): Promise<void>;
}

export interface PodRunnerOptions {
  /** Default: `node-0` and `node-1`, in two zones. */
  nodes?: TestNode[];
  /** Wait before a crashed container starts again, doubled each time. A kubelet's would be 10 s to 5 min. */
  backoff?: { firstMs: number; maxMs: number };
}

const ZONE = "topology.kubernetes.io/zone";
const NODES: TestNode[] = [
  { name: "node-0", labels: { [ZONE]: "zone-a" } },
  { name: "node-1", labels: { [ZONE]: "zone-b" } },
];
const KUBELET_PORT = 10_250;

/**
 * Starts the runner on a cluster. Each pod has a network namespace with an address of its own, each container a file
 * system of its own over this machine's, so that programs listen where they like and find their volumes mounted. Services
 * are reached at their addresses, and in pods of their namespace by their names.
 * Needs root on Linux. What differs from a kubelet: images are names (see `pushImage`), there are no cgroups, and
 * volumes keep what they were filled with.
 */
export async function startPodRunner(cluster: ClusterAccess, options: PodRunnerOptions = {}): Promise<PodRunner> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-pods-"));
  const ending = new AbortController();
  const pods = new Map<string, RunningPod>();
  const { nodes = NODES, backoff = { firstMs: 500, maxMs: 5_000 } } = options;
  const names = new Set(nodes.map(({ name }) => name));

  const authority = await createAuthority(folder, "kubelet-ca");
  const serving = await authority.sign("kubelet", []);
  const [key, cert] = await Promise.all([readFile(serving.key), readFile(serving.certificate)]);
  const kubelet = createServer({ key, cert }, (request, response) => answerKubelet(findLog(pods), request, response));
  const network = await claimNetwork((address) => listens(kubelet, address));
  // The API server listens on this machine's loopback only, which pods do not reach.
  const apiServer = { address: "127.0.0.1", port: Number(new URL(cluster.url).port) };
  const forwarder = await startForwarder(network.hostAddress, 0, () => apiServer);
  const rename = (namespace: string): void => {
    for (const pod of pods.values()) if (pod.pod.metadata.namespace === namespace) pod.refreshNames();
  };
  const services = serveServices(cluster.api, rename, ending.signal);
  const host: PodHost = {
    api: cluster.api,
    network,
    apiPort: forwarder.port,
    folder,
    backoff,
    namesIn: services.namesIn,
    signal: ending.signal,
  };
  const metrics = createServer({ key, cert }, (request, response) => {
    const { status, body } = metricsAnswer(usagesOf(pods), request.url ?? "/");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  metrics.listen(0, network.hostAddress);
  await once(metrics, "listening");
  await registerMetrics(cluster.api, network.hostAddress, portOf(metrics));
  await registerNodes(cluster.api, nodes, { address: network.hostAddress, port: KUBELET_PORT }, ending.signal);

  const following = [
    services.finished,
    cluster.api.follow<Pod>("/api/v1/pods", ending.signal, ({ type, object }) => {
      const uid = object.metadata.uid ?? "";
      const known = pods.get(uid);
      if (type === "DELETED") {
        pods.delete(uid);
        void known?.kill();
      } else if (known) known.update(object);
      else if (names.has(object.spec.nodeName ?? "") && !isDone(object)) {
        const pod = new RunningPod(host, object);
        pods.set(uid, pod);
        pod.start();
        pod.update(object);
      }
    }),
    bindPods(cluster.api, ending.signal),
    measure(
      () => runsOf(pods).flatMap(({ running }) => running ?? []),
      () => {
        for (const run of runsOf(pods)) run.checkMemory();
      },
      ending.signal,
    ),
  ];

  const close = async (): Promise<void> => {
    ending.abort();
    await Promise.all(following);
    await Promise.all([...pods.values()].map((pod) => pod.kill()));
    for (const server of [kubelet, metrics]) {
      server.closeAllConnections();
      server.close();
    }
    forwarder.close();
    await network.release();
    await rm(folder, { recursive: true, force: true });
  };
  return { hostAddress: network.hostAddress, close, [Symbol.asyncDispose]: close };
}

const runsOf = (pods: Map<string, RunningPod>): ContainerRun[] =>
  [...pods.values()].flatMap(({ runs }) => [...runs.values()]);

function usagesOf(pods: Map<string, RunningPod>): PodUsage[] {
  return [...pods.values()].flatMap(({ pod, runs }) => {
    const containers = [...runs].flatMap(([name, { running }]) =>
      running?.usage ? [{ name, usage: running.usage }] : [],
    );
    return containers.length === 0 ? [] : [{ pod, containers }];
  });
}

function findLog(pods: Map<string, RunningPod>): FindLog {
  return (namespace, name, container, isPrevious) => {
    const found = [...pods.values()].find(
      ({ pod: { metadata } }) => metadata.name === name && metadata.namespace === namespace,
    );
    const run = found?.runs.get(container);
    if (isPrevious && run && !run.previousLog) {
      return `previous terminated container "${container}" in pod "${name}" not found`;
    }
    const log = isPrevious ? run?.previousLog : run?.log;
    return log ?? `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`;
  };
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function listens(server: Server, address: string): Promise<boolean> {
  server.listen(KUBELET_PORT, address);
  return once(server, "listening").then(
    () => true,
    () => false,
  );
}
