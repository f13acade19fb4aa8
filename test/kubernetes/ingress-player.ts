import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import type { ClusterAccess } from "./access.ts";
import { Counts } from "./ingress-nginx/counts.ts";
import {
  type Caller,
  findLocation,
  goesToCanary,
  type Ingress,
  type Location,
  locationsOf,
  rewritten,
} from "./ingress-nginx/rules.ts";
import type { EndpointSlice } from "./pod-runner/services.ts";

export interface IngressPlayerOptions {
  /** Name of the IngressClass, which is created; Ingresses of other classes are left alone. */
  className: string;
  /** Where Ingresses and Services are looked for. */
  namespace: string;
  /** How long it takes to act on what it sees. Default: not at all. */
  delayMs?: number;
}

export interface IngressPlayer extends AsyncDisposable {
  /** Where callers come in. */
  readonly url: string;
  /** `host:port` of its counts, under the names that ingress-nginx gives them. */
  readonly metrics: string;
  /** What callers are dealt by now. */
  readonly locations: readonly Location[];
}

const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
/** As ingress-nginx has it: another pod is tried when one does not take the connection. */
const TRIES = 3;

/**
 * Plays ingress-nginx: takes the callers of the Ingresses of a class to the ready pods, by their paths, annotations and
 * canaries (`ingress-nginx/rules.ts`), and counts them. Affinity and time limits it does not know.
 */
export async function playIngressNginx(cluster: ClusterAccess, options: IngressPlayerOptions): Promise<IngressPlayer> {
  const { className, namespace, delayMs = 0 } = options;
  const { api } = cluster;
  const ending = new AbortController();
  const { signal } = ending;
  const agent = new Agent();
  const counts = new Counts();
  const ingresses = new Map<string, Ingress>();
  const slices = new Map<string, EndpointSlice>();
  let locations: Location[] = [];
  let pending = false;

  await api.create(CLASSES, {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: className },
    ...{ spec: { controller: "k8s.io/ingress-nginx" } },
  });

  /** Takes over what it has seen after a while, then: one look for all that was changed meanwhile. */
  const takeOver = async (): Promise<void> => {
    if (pending) return;
    pending = true;
    await delay(delayMs, undefined, { signal }).catch(() => undefined);
    pending = false;
    locations = locationsOf([...ingresses.values()]);
  };

  const following = [
    api.follow<Ingress>(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, signal, ({ type, object }) => {
      if (object.spec.ingressClassName !== className) return;
      if (type === "DELETED") ingresses.delete(object.metadata.name);
      else ingresses.set(object.metadata.name, object);
      void takeOver();
    }),
    api.follow<EndpointSlice>(
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      signal,
      ({ type, object }) => {
        if (type === "DELETED") slices.delete(object.metadata.name);
        else slices.set(object.metadata.name, object);
      },
    ),
  ];

  const addressesOf = (service: string): string[] =>
    [...slices.values()]
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
      .flatMap(({ endpoints, ports }) =>
        (endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready === true)
          .map(({ addresses }) => `${addresses[0]}:${ports?.[0]?.port}`),
      );

  const forward = async (service: string, path: string, incoming: IncomingMessage) => {
    const { host: _, connection: __, ...headers } = incoming.headers;
    const addresses = shuffled(addressesOf(service)).slice(0, TRIES);
    for (const [index, address] of addresses.entries()) {
      try {
        return await request(`http://${address}${path}`, { dispatcher: agent, headers });
      } catch (error) {
        if (index === addresses.length - 1) throw error;
      }
    }
    return null;
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = callerOf(incoming);
    const location = findLocation(locations, caller);
    if (location === null) return void response.writeHead(404).end("default backend - 404");
    const toCanary = goesToCanary(location, caller, Math.random());
    const { service } = (toCanary ? location.canary : null) ?? location.upstream;
    const begun = performance.now();
    const answer = await forward(service, rewritten(location, caller.path), incoming).catch(() => null);
    counts.count(location, toCanary, answer?.statusCode ?? 503, (performance.now() - begun) / 1_000);
    if (answer === null) return void response.writeHead(503).end(`"no pod of ${service} answers"`);
    response.writeHead(answer.statusCode, { "content-type": String(answer.headers["content-type"] ?? "") });
    await pipeline(answer.body, response);
  };

  const callers = await listen((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  const scrapes = await listen((_, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4").end(counts.text());
  });
  return {
    url: `http://${addressOf(callers)}`,
    metrics: addressOf(scrapes),
    get locations() {
      return locations;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(following);
      for (const server of [callers, scrapes]) {
        server.closeAllConnections();
        server.close();
      }
      await agent.destroy();
      await api.delete(`${CLASSES}/${className}`);
    },
  };
}

function callerOf({ headers, url = "/" }: IncomingMessage): Caller {
  const { host = "", ...others } = headers;
  const single = Object.entries(others).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
  return { host: host.replace(/:\d+$/, ""), path: url, headers: Object.fromEntries(single) };
}

const shuffled = <T>(all: readonly T[]): T[] =>
  all
    .map((one) => ({ one, at: Math.random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ one }) => one);

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function addressOf(server: Server): string {
  const { port } = server.address() as AddressInfo;
  return `127.0.0.1:${port}`;
}
