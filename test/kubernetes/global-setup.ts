import type { TestProject } from "vitest/node";
import type { ClusterAddress } from "./access.ts";
import { startCluster } from "./cluster.ts";
import { installGatewayApi } from "./gateway-api.ts";
import { playGateway } from "./gateway-player.ts";
import { startPodRunner } from "./pod-runner.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The cluster of the run: with pods that are processes, the Gateway API, and a gateway class that accepts every route. */
    kubernetes: ClusterAddress & { hostAddress: string };
  }
}

/** The GatewayClass that is played for the whole run. */
export const GATEWAY_CLASS = "sluice-test";

/** One cluster for all tests of a run: they live in namespaces of their own. Who kills an API server starts another. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await using starting = new AsyncDisposableStack();
  const cluster = starting.use(await startCluster({ users: { developer: ["developers"] } }));
  const runner = starting.use(await startPodRunner(cluster));
  await installGatewayApi(cluster);
  starting.use(await playGateway(cluster, { className: GATEWAY_CLASS, address: runner.hostAddress }));
  const { url, ca, tokens, folder, kubeconfig } = cluster;
  project.provide("kubernetes", { url, ca, tokens, folder, kubeconfig, hostAddress: runner.hostAddress });
  const running = starting.move();
  return () => running.disposeAsync();
}
