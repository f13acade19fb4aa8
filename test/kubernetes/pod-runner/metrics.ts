import type { KubeApi, KubeObject } from "../api.ts";
import type { Pod } from "./pod.types.ts";
import { selects } from "./selector.ts";
import { seconds } from "./status.ts";
import type { Usage } from "./usage.ts";

/** A pod with what its containers use. */
export interface PodUsage {
  pod: Pod;
  containers: { name: string; usage: Usage }[];
}

const GROUP = "metrics.k8s.io/v1beta1";

/** Registers the metrics API with the cluster: whoever asks for it is answered at an address of this machine. */
export async function registerMetrics(api: KubeApi, address: string, port: number): Promise<void> {
  const metadata = { name: "metrics", namespace: "kube-system" };
  const ports = [{ name: "https", port, protocol: "TCP" }];
  await api.create<KubeObject & { spec: object }>("/api/v1/namespaces/kube-system/services", {
    metadata,
    spec: { ports },
  });
  await api.create<KubeObject & { [part: string]: unknown }>(
    "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices",
    {
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "metrics" } },
      addressType: "IPv4",
      ports,
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
  );
  await api.create<KubeObject & { spec: object }>("/apis/apiregistration.k8s.io/v1/apiservices", {
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      service: { ...metadata, port },
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
}

/** What the metrics API answers to a path and query: pods and nodes, one or all, by label. */
export function metricsAnswer(usages: PodUsage[], url: string): { status: number; body: object } {
  const { pathname, searchParams } = new URL(url, "https://metrics");
  const [kind, name, , pod] = pathname.replace(`/apis/${GROUP}`, "").split("/").slice(1).map(decodeURIComponent);
  if (kind === undefined || kind === "") return { status: 200, body: RESOURCES };
  if (kind === "nodes") {
    const all = nodeMetrics(usages);
    if (name === undefined) return { status: 200, body: listOf("NodeMetricsList", all) };
    return found(all.find(({ metadata }) => metadata.name === name));
  }
  const selector = searchParams.get("labelSelector") ?? "";
  const chosen = usages.filter(
    ({ pod: { metadata } }) => (kind === "pods" || metadata.namespace === name) && selects(selector, metadata.labels),
  );
  if (pod === undefined) return { status: 200, body: listOf("PodMetricsList", chosen.map(podMetrics)) };
  const one = chosen.find(({ pod: { metadata } }) => metadata.name === pod);
  return found(one && podMetrics(one));
}

function found(object: object | undefined): { status: number; body: object } {
  if (object) return { status: 200, body: object };
  const body = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason: "NotFound",
    code: 404,
    message: "not found",
  };
  return { status: 404, body };
}

const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: GROUP,
  resources: [
    { name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics", verbs: ["get", "list"] },
    { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
  ],
};

const listOf = (kind: string, items: object[]): object => ({ kind, apiVersion: GROUP, metadata: {}, items });

const amounts = (cpuCores: number, memoryBytes: number): object => ({
  cpu: `${Math.round(cpuCores * 1e9)}n`,
  memory: `${Math.round(memoryBytes / 1_024)}Ki`,
});

function podMetrics({ pod: { metadata }, containers }: PodUsage): object {
  const [first] = containers;
  return {
    kind: "PodMetrics",
    apiVersion: GROUP,
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
    timestamp: seconds(first?.usage.at ?? new Date()),
    window: `${(first?.usage.windowSeconds ?? 1).toFixed(3)}s`,
    containers: containers.map(({ name, usage }) => ({ name, usage: amounts(usage.cpuCores, usage.memoryBytes) })),
  };
}

function nodeMetrics(usages: PodUsage[]): { metadata: { name: string } }[] {
  const byNode = Object.entries(Object.groupBy(usages, ({ pod }) => pod.spec.nodeName ?? ""));
  return byNode.map(([name, pods = []]) => {
    const all = pods.flatMap(({ containers }) => containers.map(({ usage }) => usage));
    const cpuCores = all.reduce((sum, usage) => sum + usage.cpuCores, 0);
    const memoryBytes = all.reduce((sum, usage) => sum + usage.memoryBytes, 0);
    const usage = amounts(cpuCores, memoryBytes);
    return {
      kind: "NodeMetrics",
      apiVersion: GROUP,
      metadata: { name },
      timestamp: seconds(new Date()),
      window: "1s",
      usage,
    };
  });
}
