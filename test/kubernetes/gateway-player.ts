import { setTimeout as delay } from "node:timers/promises";
import type { ClusterAccess } from "./access.ts";
import { ApiError, type KubeApi, type KubeObject } from "./api.ts";
import { seconds } from "./pod-runner/status.ts";

/** The parts of Gateway API objects that an implementation's status depends on. */
export interface HttpRoute extends KubeObject {
  spec: {
    parentRefs?: ParentRef[];
    rules?: { backendRefs?: { name: string; kind?: string; namespace?: string; weight?: number }[] }[];
  };
  status?: { parents: ParentStatus[] };
}

interface ParentRef {
  name: string;
  namespace?: string;
  sectionName?: string;
}

interface Condition {
  type: string;
  status: "True" | "False";
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

interface ParentStatus {
  parentRef: ParentRef;
  controllerName: string;
  conditions: Condition[];
}

interface GatewayClass extends KubeObject {
  spec: { controllerName: string };
}

interface Gateway extends KubeObject {
  spec: { gatewayClassName: string; listeners: { name: string }[] };
}

export interface GatewayPlayerOptions {
  /** Name of the GatewayClass, which is created; gateways of other classes are left alone. */
  className: string;
  /** The reason and message of a refusal (`Accepted: False`), or null to accept. Default: accepts. */
  refuse?: (route: HttpRoute) => { reason: string; message: string } | null;
  /** How long it takes to act on what it sees. */
  delayMs?: number;
  /** Its status speaks of so many generations ago, as one does that has not seen the newest. */
  lag?: number;
  /** What it writes as the address of gateways. Default: none. */
  address?: string;
}

export interface GatewayPlayer extends AsyncDisposable {
  /** Changes how it behaves from now on, and lets it look at every route again. */
  set(behaviour: Pick<GatewayPlayerOptions, "refuse" | "delayMs" | "lag">): void;
  close(): Promise<void>;
}

const GROUP = "/apis/gateway.networking.k8s.io/v1";

/**
 * Plays an implementation of the Gateway API: accepts a class and its gateways, and writes into each HTTPRoute whether it is
 * accepted and whether its backends exist. It moves no traffic.
 */
export async function playGateway(cluster: ClusterAccess, options: GatewayPlayerOptions): Promise<GatewayPlayer> {
  const { api } = cluster;
  const { className } = options;
  const controllerName = `sluice.dev/${className}`;
  const ending = new AbortController();
  const { signal } = ending;
  const gateways = new Map<string, Gateway>();
  const routes = new Map<string, HttpRoute>();
  let behaviour: Pick<GatewayPlayerOptions, "refuse" | "delayMs" | "lag"> = options;
  let turn: Promise<unknown> = Promise.resolve();

  const gatewayClass: GatewayClass = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: className },
    spec: { controllerName },
  };
  await api.create(`${GROUP}/gatewayclasses`, gatewayClass);

  /** One after the other, in the order seen; what fails because it has changed meanwhile is seen again. */
  const enqueue = (work: () => Promise<void>): void => {
    turn = turn.then(async () => {
      await delay(behaviour.delayMs ?? 0, undefined, { signal });
      await work();
    });
    turn = turn.catch(() => undefined);
  };

  const judge = async (seen: HttpRoute): Promise<void> => {
    const { namespace = "default", name } = seen.metadata;
    const path = `${GROUP}/namespaces/${namespace}/httproutes/${name}`;
    const route = await api.get<HttpRoute>(path);
    if (route === null) return;
    const mine = (route.spec.parentRefs ?? []).filter((ref) =>
      gateways.has(`${ref.namespace ?? namespace}/${ref.name}`),
    );
    const others = (route.status?.parents ?? []).filter((parent) => parent.controllerName !== controllerName);
    const before = route.status?.parents.filter((parent) => parent.controllerName === controllerName) ?? [];
    if (mine.length === 0 && before.length === 0) return;
    const refused = behaviour.refuse?.(route) ?? null;
    const missing = await missingBackend(api, route);
    const now = conditionsOf((route.metadata.generation ?? 1) - (behaviour.lag ?? 0), refused, missing);
    const parents = mine.map((parentRef) => ({
      parentRef,
      controllerName,
      conditions: keepTimes(now, before.find((each) => isSame(each.parentRef, parentRef))?.conditions ?? []),
    }));
    if (JSON.stringify(parents) === JSON.stringify(before)) return;
    await api.replace(`${path}/status`, { ...route, status: { parents: [...others, ...parents] } });
  };
  const look = (route: HttpRoute): void =>
    enqueue(() =>
      judge(route).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 409) look(route);
      }),
    );
  const lookAtAll = (): void => {
    for (const route of routes.values()) look(route);
  };

  const following = [
    api.follow<GatewayClass>(`${GROUP}/gatewayclasses`, signal, ({ object }) => {
      if (object.metadata.name !== className) return;
      const accepted = [condition("Accepted", true, "Accepted", "", object.metadata.generation ?? 1)];
      enqueue(async () => {
        await api.patch(`${GROUP}/gatewayclasses/${className}/status`, { status: { conditions: accepted } });
      });
    }),
    api.follow<Gateway>(`${GROUP}/gateways`, signal, ({ type, object }) => {
      if (object.spec.gatewayClassName !== className) return;
      const { namespace = "default", name, generation = 1 } = object.metadata;
      const isKnown = gateways.get(`${namespace}/${name}`)?.metadata.generation === generation;
      if (type === "DELETED") gateways.delete(`${namespace}/${name}`);
      else gateways.set(`${namespace}/${name}`, object);
      if (type !== "DELETED" && !isKnown) enqueue(() => programGateway(api, object, options.address));
      if (!isKnown) lookAtAll();
    }),
    api.follow<HttpRoute>(`${GROUP}/httproutes`, signal, ({ type, object }) => {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      const isKnown = routes.get(key)?.metadata.generation === object.metadata.generation;
      if (type === "DELETED") routes.delete(key);
      else routes.set(key, object);
      if (type !== "DELETED" && !isKnown) look(object);
    }),
    // A backend that comes or goes changes what its routes resolve to.
    api.follow("/api/v1/services", signal, ({ type, object: { metadata } }) => {
      if (type === "MODIFIED") return;
      for (const route of routes.values()) if (leadsTo(route, metadata)) look(route);
    }),
  ];

  const close = async (): Promise<void> => {
    ending.abort();
    await Promise.all([...following, turn]);
    await api.delete(`${GROUP}/gatewayclasses/${className}`).catch(() => undefined);
  };
  return {
    set: (next) => {
      behaviour = { ...behaviour, ...next };
      lookAtAll();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function programGateway(api: KubeApi, { metadata, spec }: Gateway, address: string | undefined): Promise<void> {
  const generation = metadata.generation ?? 1;
  const good = (type: string, reason: string) => condition(type, true, reason, "", generation);
  const listeners = spec.listeners.map(({ name }) => ({
    name,
    attachedRoutes: 0,
    supportedKinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
    conditions: [good("Accepted", "Accepted"), good("Programmed", "Programmed"), good("ResolvedRefs", "ResolvedRefs")],
  }));
  await api.patch(`${GROUP}/namespaces/${metadata.namespace}/gateways/${metadata.name}/status`, {
    status: {
      ...(address !== undefined && { addresses: [{ type: "IPAddress", value: address }] }),
      conditions: [good("Accepted", "Accepted"), good("Programmed", "Programmed")],
      listeners,
    },
  });
}

const leadsTo = ({ metadata, spec }: HttpRoute, service: KubeObject["metadata"]): boolean =>
  (spec.rules ?? []).some(({ backendRefs = [] }) =>
    backendRefs.some(
      ({ name, namespace = metadata.namespace }) => name === service.name && namespace === service.namespace,
    ),
  );

async function missingBackend(api: KubeApi, route: HttpRoute): Promise<string | null> {
  for (const { backendRefs = [] } of route.spec.rules ?? []) {
    for (const { name, namespace = route.metadata.namespace } of backendRefs) {
      if ((await api.get(`/api/v1/namespaces/${namespace}/services/${name}`)) === null) return `${namespace}/${name}`;
    }
  }
  return null;
}

function conditionsOf(
  generation: number,
  refused: { reason: string; message: string } | null,
  missing: string | null,
): Condition[] {
  const resolved =
    missing === null
      ? condition("ResolvedRefs", true, "ResolvedRefs", "", generation)
      : condition("ResolvedRefs", false, "BackendNotFound", `service ${missing} not found`, generation);
  return [
    refused === null
      ? condition("Accepted", true, "Accepted", "", generation)
      : condition("Accepted", false, refused.reason, refused.message, generation),
    resolved,
  ];
}

function condition(type: string, isTrue: boolean, reason: string, message: string, generation: number): Condition {
  const lastTransitionTime = seconds(new Date());
  return {
    type,
    status: isTrue ? "True" : "False",
    reason,
    message,
    observedGeneration: generation,
    lastTransitionTime,
  };
}

const keepTimes = (next: Condition[], before: Condition[]): Condition[] =>
  next.map((each) => {
    const same = before.find(({ type, status }) => type === each.type && status === each.status);
    return same ? { ...each, lastTransitionTime: same.lastTransitionTime } : each;
  });

const isSame = (left: ParentRef, right: ParentRef): boolean =>
  left.name === right.name && left.namespace === right.namespace && left.sectionName === right.sectionName;
