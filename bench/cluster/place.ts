import { ok } from "@sluice/client";
import { type System, startSystem } from "../../test/end-to-end/system.ts";
import { startCluster, type TestCluster } from "../../test/kubernetes/cluster.ts";
import { installGatewayApi } from "../../test/kubernetes/gateway-api.ts";
import { playGateway } from "../../test/kubernetes/gateway-player.ts";
import { PROMPT_KWOK, startKwok } from "../../test/kubernetes/kwok.ts";
import { logRequests, type RequestLog } from "./requests.ts";

export interface Place extends AsyncDisposable {
  cluster: TestCluster;
  system: System;
  requests: RequestLog;
}

/** Of everything that is measured, each with a name of its own in the API server's log. */
export const USERS = { server: "bench-server", operator: "bench-operator", script: "bench-script" } as const;
export const NAMESPACE = "bench";
export const BY_HAND = "by-hand";
export const ENVIRONMENT = "production";
export const ARTIFACT = "app";
export const VERSIONS = ["1.0.0", "1.1.0"] as const;

const NODES = 10;
const CLASS = "bench";
const GATEWAY = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "front" },
  spec: { gatewayClassName: CLASS, listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
};

/** A cluster whose nodes are played, a server that reaches it, and an artifact of two versions to be delivered there. */
export async function openPlace(): Promise<Place> {
  await using opening = new AsyncDisposableStack();
  const users = Object.values(USERS);
  const requests = opening.use(await logRequests(users));
  const cluster = opening.use(
    await startCluster({
      users: Object.fromEntries(users.map((user) => [user, []])),
      apiServerFlags: [...requests.flags, ...PROMPT_KWOK],
    }),
  );
  opening.use(await startKwok(cluster, { nodes: NODES, isAlone: true }));
  await installGatewayApi(cluster);
  opening.use(await playGateway(cluster, { className: CLASS }));
  await cluster.applyYaml(JSON.stringify(mayDoEverything(users)));
  for (const namespace of [NAMESPACE, BY_HAND]) {
    await cluster.kubectl(["create", "namespace", namespace]);
    await cluster.kubectl(["-n", namespace, "apply", "-f", "-"], JSON.stringify(GATEWAY));
    await cluster.kubectl(["-n", namespace, "wait", "--for=condition=Programmed", "gateway/front", "--timeout=60s"]);
  }
  const kubeconfig = await cluster.kubeconfigFor({ user: USERS.server });
  const system = opening.use(await startSystem({ SLUICE_KUBECONFIG: kubeconfig, SLUICE_LOG_LEVEL: "warn" }));
  await prepare(system);
  const opened = opening.move();
  return { cluster, system, requests, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function prepare({ client: { http } }: System): Promise<void> {
  const traffic = { type: "gateway-api" as const, gateway: { name: "front" } };
  await ok(
    http.PUT("/v1/environments/{name}", {
      params: { path: { name: ENVIRONMENT } },
      body: { tier: "development", targets: [{ type: "kubernetes", namespace: NAMESPACE, traffic }] },
    }),
  );
  await ok(http.POST("/v1/artifacts", { body: { name: ARTIFACT, kind: "application" } }));
  for (const version of VERSIONS) {
    const spec = { image: `bench.test/app:${version}`, env: { VERSION: version } };
    const params = { path: { name: ARTIFACT } };
    await ok(http.POST("/v1/artifacts/{name}/versions", { params, body: { version, spec } }));
  }
}

const mayDoEverything = (users: readonly string[]): object => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "bench" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: users.map((name) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name })),
});
