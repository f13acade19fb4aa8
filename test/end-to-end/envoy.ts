import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import type { ClusterAccess } from "../kubernetes/access.ts";
import type { KubeObject } from "../kubernetes/api.ts";

interface Route extends KubeObject {
  spec: { rules: { backendRefs: { name: string; weight?: number }[] }[] };
}

interface Slice extends KubeObject {
  endpoints: { addresses: string[]; conditions: { ready?: boolean } }[];
  ports: { port: number }[];
}

/** Plays the Envoys of an Envoy Gateway, and its callers. */
export interface Envoy extends AsyncDisposable {
  /** `host:port` of its metrics, under the names that Envoy gives them. */
  readonly metrics: string;
  /** Answers by the version that gave them, and by no version those that were errors. */
  readonly answers: Map<string, number>;
  /** Requests for which there was nobody. */
  readonly unanswered: string[];
}

const EDGES_MS = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
/** Between two requests, and between two looks at what is dealt. */
const PACE_MS = 8;
const LOOK_MS = 100;

/** Counts of one cluster, as Envoy keeps them. */
class Stats {
  readonly classes = new Map<string, number>();
  readonly buckets = new Array<number>(EDGES_MS.length + 1).fill(0);

  count(status: number, ms: number): void {
    const digit = String(status).charAt(0);
    this.classes.set(digit, (this.classes.get(digit) ?? 0) + 1);
    const edge = EDGES_MS.findIndex((upTo) => ms <= upTo);
    const bucket = edge === -1 ? EDGES_MS.length : edge;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  lines(cluster: string): string[] {
    const name = `envoy_cluster_name="${cluster}"`;
    let sum = 0;
    const times = this.buckets.map((count, index) => {
      sum += count;
      return `envoy_cluster_upstream_rq_time_bucket{${name},le="${EDGES_MS[index] ?? "+Inf"}"} ${sum}`;
    });
    const answers = [...this.classes].map(
      ([digit, count]) => `envoy_cluster_upstream_rq_xx{${name},envoy_response_code_class="${digit}"} ${count}`,
    );
    return [...answers, ...times];
  }
}

/** Sends requests to the first HTTPRoute of the namespace that has any backends, by its weights, to the pods themselves. */
export async function playEnvoy(cluster: ClusterAccess, namespace: string): Promise<Envoy> {
  const stats = new Map<string, Stats>();
  const answers = new Map<string, number>();
  const unanswered: string[] = [];
  const stop = new AbortController();
  let routes: Route[] = [];
  let slices: Slice[] = [];

  const look = async (): Promise<void> => {
    const at = (group: string, plural: string) => `/apis/${group}/namespaces/${namespace}/${plural}`;
    const [foundRoutes, foundSlices] = await Promise.all([
      cluster.api.get<KubeObject & { items: Route[] }>(at("gateway.networking.k8s.io/v1", "httproutes")),
      cluster.api.get<KubeObject & { items: Slice[] }>(at("discovery.k8s.io/v1", "endpointslices")),
    ]);
    routes = foundRoutes?.items ?? [];
    slices = foundSlices?.items ?? [];
  };

  const addressOf = (service: string): string | undefined => {
    const ready = slices
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
      .flatMap(({ endpoints, ports }) =>
        (endpoints ?? [])
          .filter(({ conditions }) => conditions.ready)
          .map(({ addresses }) => `${addresses[0]}:${ports[0]?.port}`),
      );
    return ready[Math.floor(Math.random() * ready.length)];
  };

  const send = async (): Promise<void> => {
    const route = routes.find(({ spec }) => (spec.rules.at(-1)?.backendRefs.length ?? 0) > 0);
    if (route === undefined) return;
    const backends = route.spec.rules.at(-1)?.backendRefs ?? [];
    let draw = Math.random() * backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
    const index = backends.findIndex(({ weight = 1 }) => {
      draw -= weight;
      return draw < 0;
    });
    const service = backends[index]?.name ?? "";
    const name = `httproute/${namespace}/${route.metadata.name}/rule/${route.spec.rules.length - 1}/backend/${index}`;
    const address = addressOf(service);
    const counted = stats.get(name) ?? new Stats();
    stats.set(name, counted);
    const begun = performance.now();
    try {
      if (address === undefined) throw new Error(`${service} has no ready pod`);
      const answer = await request(`http://${address}/`, { headersTimeout: 5_000, signal: stop.signal });
      const body = (await answer.body.json()) as { version: string };
      counted.count(answer.statusCode, performance.now() - begun);
      const version = answer.statusCode < 500 ? body.version : "";
      answers.set(version, (answers.get(version) ?? 0) + 1);
    } catch (error) {
      if (stop.signal.aborted) return;
      counted.count(503, performance.now() - begun);
      unanswered.push(String(error));
    }
  };

  const repeat = async (work: () => Promise<void>, pause: number): Promise<void> => {
    while (!stop.signal.aborted) {
      await work().catch(() => undefined);
      await delay(pause, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };

  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    const lines = [...stats].flatMap(([name, counted]) => counted.lines(name));
    response.end(
      [
        "# TYPE envoy_cluster_upstream_rq_xx counter",
        "# TYPE envoy_cluster_upstream_rq_time histogram",
        ...lines,
        "",
      ].join("\n"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const running = [repeat(look, LOOK_MS), repeat(send, PACE_MS)];
  return {
    metrics: `127.0.0.1:${port}`,
    answers,
    unanswered,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
