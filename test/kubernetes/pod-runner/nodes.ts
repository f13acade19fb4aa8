import { setInterval as every } from "node:timers/promises";
import type { KubeApi, KubeObject } from "../api.ts";
import { seconds } from "./status.ts";

export interface TestNode {
  name: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  /** Further resources it has, such as `{ "nvidia.com/gpu": "2" }`. */
  resources?: Record<string, string>;
}

interface Node extends KubeObject {
  spec: { taints: object[]; podCIDR?: string };
  status?: { conditions?: { type: string; status: string }[] };
}

const HEARTBEAT_MS = 5_000;

/** Registers nodes as their kubelets do, and keeps them alive until the signal. */
export async function registerNodes(
  api: KubeApi,
  nodes: TestNode[],
  kubelet: { address: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  for (const node of nodes) await register(api, node, kubelet);
  void beat(api, nodes, signal).catch(() => undefined);
}

async function register(api: KubeApi, node: TestNode, kubelet: { address: string; port: number }): Promise<void> {
  const { name, labels, taints = [], resources } = node;
  await api.create<Node>("/api/v1/nodes", {
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        ...labels,
      },
    },
    spec: { taints },
  });
  const amounts = { cpu: "64", memory: "256Gi", "ephemeral-storage": "100Gi", pods: "110", ...resources };
  await api.patch(`/api/v1/nodes/${name}/status`, {
    status: {
      capacity: amounts,
      allocatable: amounts,
      addresses: [
        { type: "InternalIP", address: kubelet.address },
        { type: "Hostname", address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
      nodeInfo: {
        ...{ architecture: "amd64", operatingSystem: "linux", kubeletVersion: "v1.35.4", kubeProxyVersion: "" },
        ...{ bootID: name, machineID: name, systemUUID: name, kernelVersion: "", osImage: "pod runner" },
        containerRuntimeVersion: "process://1",
      },
      conditions: conditionsNow(),
    },
  });
  // The controllers taint a new node until they have seen it ready; so have we.
  await api.patch(`/api/v1/nodes/${name}`, { spec: { taints } });
}

function conditionsNow(): object[] {
  const now = seconds(new Date());
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", message: "the pod runner is ready" };
  const fine = ["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({ type, status: "False" }));
  return [ready, ...fine].map((each) => ({ ...each, lastHeartbeatTime: now, lastTransitionTime: now }));
}

/**
 * Renews each node's Lease: without it the controllers take the node for lost. One that they have taken for lost, as after an
 * outage of the API server, says that it is there, as its kubelet does.
 */
async function beat(api: KubeApi, nodes: TestNode[], signal: AbortSignal): Promise<void> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const renew = async ({ name }: TestNode): Promise<void> => {
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    };
    const lease = { metadata: { name, namespace: "kube-node-lease" }, spec };
    await api.patch(`${path}/${name}`, { spec }).catch(() => api.create(path, lease));
    const node = await api.get<Node>(`/api/v1/nodes/${name}`);
    const isReady = node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    if (isReady === false) await api.patch(`/api/v1/nodes/${name}/status`, { status: { conditions: conditionsNow() } });
  };
  const renewAll = () => Promise.allSettled(nodes.map(renew));
  await renewAll();
  for await (const _ of every(HEARTBEAT_MS, undefined, { signal })) await renewAll();
}
