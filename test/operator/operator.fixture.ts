import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createClient as createSluice } from "@sluice/client";
import { createClient, createTransport, loadKubeconfig } from "@sluice/runtimes/kubernetes";
import { pino } from "pino";
import { expect } from "vitest";
import { allCrds } from "../../packages/operator/src/crd/crds.ts";
import { type Operator, type OperatorOptions, startOperator } from "../../packages/operator/src/operator.ts";
import type { Pipeline, PipelineStatus } from "../../packages/operator/src/pipeline/pipeline.types.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import type { KubeObject } from "../kubernetes/api.ts";
import { pushImage } from "../kubernetes/pod-runner/images.ts";

export const COLLECTOR_IMAGE = "test/collector:1";

/** Tells the cluster of all that the operator looks after, and of an image that is there instead of a collector. */
export async function prepareCluster(cluster: ClusterAccess): Promise<void> {
  await cluster.applyYaml(allCrds());
  await cluster.kubectl([
    "wait",
    "--for=condition=Established",
    "crd",
    "-l",
    "app.kubernetes.io/part-of=sluice",
    "--timeout=60s",
  ]);
  const program = fileURLToPath(new URL("./programs/collector.mjs", import.meta.url));
  await pushImage(cluster.api, COLLECTOR_IMAGE, { command: ["node", program] });
}

/** An operator in this process, which looks after one namespace. Nobody answers at its server unless one is given. */
export function operatorFor(
  cluster: ClusterAccess,
  namespace: string,
  options: Partial<OperatorOptions> = {},
): Promise<Operator & AsyncDisposable> {
  const config = loadKubeconfig({ files: [cluster.kubeconfig], context: null });
  return startOperator({
    client: createClient(createTransport({ config })),
    namespace,
    identity: `test-${randomUUID()}`,
    election: null,
    collector: { image: COLLECTOR_IMAGE },
    server: { client: createSluice({ url: "http://127.0.0.1:9" }), project: null },
    ...{ bind: "127.0.0.1", port: 0, clock: Date.now },
    logger: pino({ level: "silent" }),
    ...options,
  }).then((operator) => ({ ...operator, [Symbol.asyncDispose]: operator.close }));
}

/** A PhoenixProcessPipeline, as people write it. */
export const pipelineYaml = (name: string, spec: object, labels: object = {}): string =>
  JSON.stringify({
    apiVersion: "phoenix.io/v1alpha1",
    kind: "PhoenixProcessPipeline",
    metadata: { name, labels: { "phoenix.io/deployment-type": "direct", ...labels } },
    spec: { pipeline: "process-baseline-v1", parameters: { collect_host: false }, ...spec },
  });

/** What is in one namespace. */
export function viewOf(cluster: ClusterAccess, namespace: string) {
  const list = <T extends KubeObject>(path: string, query = ""): Promise<T[]> =>
    cluster.api.list<T>(`${path.replace("NS", `namespaces/${namespace}`)}${query}`);
  const pipeline = (name: string) =>
    cluster.api.get<Pipeline & KubeObject>(
      `/apis/phoenix.io/v1alpha1/namespaces/${namespace}/phoenixprocesspipelines/${name}`,
    );
  return {
    pipeline,
    kubectl: (args: string[], stdin?: string) => cluster.kubectl(["-n", namespace, ...args], stdin),
    apply: (yaml: string) => cluster.kubectl(["-n", namespace, "apply", "--server-side", "-f", "-"], yaml),
    daemonSets: () => list<KubeObject & { spec: { template: { spec: object } } }>("/apis/apps/v1/NS/daemonsets"),
    configMaps: async () =>
      (await list("/api/v1/NS/configmaps", "?labelSelector=phoenix.io/pipeline")).map(({ metadata }) => metadata.name),
    pods: () =>
      list<KubeObject & { spec: { nodeName: string }; status: { podIP?: string } }>(
        "/api/v1/NS/pods",
        "?labelSelector=phoenix.io/pipeline",
      ),
    events: async (name: string) =>
      (
        await list<KubeObject & { reason: string; note: string; regarding: { name: string }; type: string }>(
          "/apis/events.k8s.io/v1/NS/events",
        )
      ).filter(({ regarding }) => regarding.name === name),
    /** Once the status is so. What it was last is told when it does not come to that. */
    until: async (name: string, status: Partial<PipelineStatus>, timeout = 60_000): Promise<PipelineStatus> => {
      await expect.poll(async () => (await pipeline(name))?.status, { timeout }).toMatchObject(status);
      return (await pipeline(name))?.status ?? expect.fail("it went");
    },
  };
}
