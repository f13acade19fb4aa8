import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isTerminal, type Phase } from "@sluice/core";
import { expect } from "vitest";
import { testDatabase } from "../../packages/server/src/testing/database.ts";
import { type ServerProcess, serverProcess } from "../../packages/server/src/testing/server.process.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { GATEWAY_CLASS } from "../kubernetes/global-setup.ts";
import { temporaryNamespace } from "../kubernetes/shared.ts";
import { followSplits, type Split, type Splits } from "./cluster.splits.ts";
import { type Envoy, playEnvoy } from "./envoy.ts";
import { eventually, until } from "./eventually.ts";
import { startPrometheus } from "./prometheus.ts";

interface RolloutView {
  id: string;
  phase: Phase;
  toRevision: number;
  step: number;
  reason: string | null;
}

/** What a canary or another delivery is to do besides what all of them do. */
export type StrategyParts = { type: string } & Record<string, unknown>;

/**
 * A deployment `greeter` in a namespace of a real API server, as its users have it: pods that run, a Gateway that is played,
 * callers who never stop, a Prometheus that counts, and servers that may be killed.
 */
export interface ClusterSystem extends AsyncDisposable {
  readonly namespace: string;
  readonly envoy: Envoy;
  readonly splits: Splits;
  /** All on one database. The first is started, the others are when a test does so. */
  readonly servers: readonly ServerProcess[];
  /** Asks the first server that is alive. */
  call<Answer>(method: string, path: string, body?: object): Promise<Answer>;
  rollout(id: string): Promise<RolloutView>;
  /** Registers a version of the greeter. Default: `GREETS`, whose file says what it makes of `env`. */
  release(env?: Record<string, string>, command?: readonly string[]): Promise<string>;
  /** Answers the id of the rollout. */
  deliver(version: string, strategy: StrategyParts): Promise<string>;
  /** The rollout's end, whatever happens to the servers meanwhile. */
  ended(id: string): Promise<RolloutView>;
  /** What callers are dealt, as it is written in the cluster. */
  dealt(): Split["weights"];
  stable(): Promise<number>;
  /** Nothing is left of the rollout before. */
  rest(): Promise<true>;
  /** As many answers of the version, from now on. */
  answered(version: string, count?: number): Promise<void>;
  /** Nobody was left without an answer, and nothing that was written down has been changed. */
  expectWell(): Promise<void>;
}

export const GREETER = "/v1/deployments/greeter";
export const IN = "environment=cluster";
/** Milliseconds for what takes some seconds on a machine that has nothing else to do. */
export const WITHIN_MS = 240_000;

export const GREETS: readonly string[] = ["node", fileURLToPath(new URL("programs/program.mjs", import.meta.url))];

const gateway = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "web" },
  spec: { gatewayClassName: GATEWAY_CLASS, listeners: [{ name: "http", protocol: "HTTP", port: 80 }] },
};

/** Resolves with the first version serving. @param count of servers */
export async function clusterSystem(cluster: ClusterAccess, count = 1): Promise<ClusterSystem> {
  await using starting = new AsyncDisposableStack();
  const namespace = starting.use(await temporaryNamespace(cluster)).name;
  const inNamespace = ["-n", namespace];
  await cluster.kubectl([...inNamespace, "apply", "-f", "-"], JSON.stringify(gateway));
  const envoy = starting.use(await playEnvoy(cluster, namespace));
  const splits = starting.use(followSplits(cluster, namespace));
  const prometheus = starting.use(await startPrometheus(envoy.metrics));
  const servers = await serversOn(cluster, namespace, count, starting);
  await servers[0]?.start();
  // A Gateway that nobody has taken up yet is a reason to deliver nothing.
  await cluster.kubectl([...inNamespace, "wait", "--for=condition=Programmed", "gateway/web", "--timeout=120s"]);

  const call: ClusterSystem["call"] = (method, path, body) => {
    const server = servers.find(({ alive }) => alive);
    if (server === undefined) throw new Error("no server is alive");
    return server.call(method, path, body);
  };
  const rollout: ClusterSystem["rollout"] = (id) => call("GET", `/v1/rollouts/${id}`);

  let releases = 0;
  const release: ClusterSystem["release"] = async (env = {}, command = GREETS) => {
    releases += 1;
    const version = `1.${releases}.0`;
    const variables = { HOST: "0.0.0.0", VERSION: version, ...env };
    const spec = { image: "sluice.test/greeter:1", command, env: variables };
    await call("POST", "/v1/artifacts/greeter/versions", { version, spec });
    return version;
  };

  const ended: ClusterSystem["ended"] = async (id) => {
    let last: RolloutView | null = null;
    const look = async (): Promise<RolloutView | undefined> => {
      last = await rollout(id).catch(() => last);
      return last !== null && isTerminal(last.phase) ? last : undefined;
    };
    return eventually(`rollout ${id} ends`, look, WITHIN_MS).catch((error: unknown) => {
      const said = servers.map(({ url, output }) => `${url}:\n${output.slice(-4_000)}`).join("\n");
      throw new Error(`${error}; it is ${JSON.stringify(last)}\n${said}`);
    });
  };

  const dealt: ClusterSystem["dealt"] = () => splits.all.at(-1)?.weights ?? [];

  const target = {
    type: "kubernetes",
    namespace,
    traffic: { type: "gateway-api", gateway: { name: "web" } },
    prometheus: { address: prometheus.address, metrics: "envoy-gateway" },
  };
  await call("PUT", "/v1/environments/cluster", {
    ...{ name: "cluster", targets: [target], protection: { fourEyes: false } },
  });
  await call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  const created = await call<{ rollout: RolloutView }>("POST", "/v1/deployments", {
    ...{ name: "greeter", artifact: "greeter", environment: "cluster", version: await release() },
    route: { path: "/greeter" },
    config: {
      replicas: 2,
      healthCheck: { path: "/healthz", intervalSeconds: 1, timeoutSeconds: 5 },
      progressDeadlineSeconds: WITHIN_MS / 1_000,
      stopSeconds: 2,
    },
  });
  expect(await ended(created.rollout.id)).toMatchObject({ phase: "completed", reason: null });
  const running = starting.move();

  return {
    ...{ namespace, envoy, splits, servers, call, rollout, release, ended, dealt },
    async deliver(version, strategy) {
      const answer = await call<{ rollout: RolloutView }>("PATCH", `${GREETER}?${IN}`, {
        version,
        strategy: { keepStableSeconds: 0, analysis: { metrics: [{ name: "error_rate" }] }, ...strategy },
      });
      return answer.rollout.id;
    },
    async stable() {
      await expect.poll(() => dealt().length, { timeout: WITHIN_MS }).toBe(1);
      return dealt()[0]?.[0] ?? 0;
    },
    rest: () =>
      until("one revision alone has instances", async () => {
        const { items } = await call<{ items: { revision: number }[] }>("GET", `${GREETER}/instances?${IN}`);
        const { activeRollout } = await call<{ activeRollout: string | null }>("GET", `${GREETER}?${IN}`);
        return activeRollout === null && new Set(items.map(({ revision }) => revision)).size === 1;
      }),
    async answered(version, more = 1) {
      const before = envoy.answers.get(version) ?? 0;
      await expect.poll(() => envoy.answers.get(version) ?? 0).toBeGreaterThanOrEqual(before + more);
    },
    async expectWell() {
      expect(envoy.unanswered).toEqual([]);
      expect(await call("GET", "/v1/audit/verify")).toMatchObject({ valid: true });
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Servers on one database, each with a data folder of its own. None is started. */
async function serversOn(
  cluster: ClusterAccess,
  namespace: string,
  count: number,
  running: AsyncDisposableStack,
): Promise<ServerProcess[]> {
  const database = await testDatabase(1);
  running.defer(() => database.close());
  const settings = {
    DATABASE_URL: database.url,
    SLUICE_SECRET_KEY: randomBytes(32).toString("base64"),
    SLUICE_WORKERS: "4",
    SLUICE_KUBECONFIG: cluster.kubeconfig,
    SLUICE_KUBERNETES_NAMESPACES: namespace,
  };
  const servers: ServerProcess[] = [];
  for (let number = 0; number < count; number += 1) {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-cluster-"));
    running.defer(() => rm(dataDir, { recursive: true, force: true }));
    const server = await serverProcess(dataDir, settings);
    running.defer(() => server.down());
    servers.push(server);
  }
  return servers;
}
