import { randomBytes } from "node:crypto";
import { type Placement, routeSchema, strategySchema, type Target, targetSchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { playGateway } from "../../../../../test/kubernetes/gateway-player.ts";
import { GATEWAY_CLASS } from "../../../../../test/kubernetes/global-setup.ts";
import { sharedCluster, temporaryNamespace } from "../../../../../test/kubernetes/shared.ts";
import { createCluster } from "../cluster.ts";
import { deploymentName, LABELS, MANAGER, objectName } from "../names.ts";
import { createClusterPlane } from "./cluster.plane.ts";
import { routeConfig, splitOf } from "./testing.ts";
import { type TrafficPlace, trafficSuite } from "./traffic.suite.ts";

const shared = sharedCluster();
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

const TRAFFIC = {
  "gateway-api": { type: "gateway-api", gateway: { name: "web" } },
  "ingress-nginx": { type: "ingress-nginx", className: "nginx" },
  replicas: { type: "replicas" },
} satisfies Record<string, object>;

type Type = keyof typeof TRAFFIC;

/** How somebody meddles, by the names of the two revisions' Services, and what an object in the way looks like. */
const BY_HAND: Record<
  Type,
  { kind: object; resource: string; suffix: string; patch: (services: string[]) => object; spec: object }
> = {
  "gateway-api": {
    kind: { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute" },
    resource: "httproutes",
    suffix: "route",
    patch: (services) => ({ spec: { rules: [{ backendRefs: services.map((name) => ({ name, port: 80 })) }] } }),
    spec: { parentRefs: [{ name: "web" }] },
  },
  "ingress-nginx": {
    kind: { apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    resource: "ingresses",
    suffix: "canary",
    patch: () => ({ metadata: { annotations: { "nginx.ingress.kubernetes.io/canary-weight": "5000" } } }),
    spec: { defaultBackend: { service: { name: "other", port: { number: 80 } } } },
  },
  replicas: {
    kind: { apiVersion: "v1", kind: "Service" },
    resource: "services",
    suffix: "route",
    patch: () => ({ spec: { selector: { "sluice.dev/serving": null } } }),
    spec: { ports: [{ port: 80 }] },
  },
};

interface Opened extends TrafficPlace {
  namespace: string;
  placement: Placement;
}

async function open(type: Type, className = GATEWAY_CLASS): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const namespace = opening.use(await temporaryNamespace(shared)).name;
  const deployment = `dep_${randomBytes(6).toString("hex")}`;
  const named = { name: "greeter", deployment };
  const target = targetSchema.parse({ type: "kubernetes", namespace, traffic: TRAFFIC[type] });
  const placement: Placement = {
    target,
    project: "shop",
    environment: "production",
    name: "greeter",
    kind: "application",
  };
  const { kind, resource, suffix, patch, spec } = BY_HAND[type];
  const kubectl = (args: string[], stdin = ""): Promise<string> => shared.kubectl(["-n", namespace, ...args], stdin);
  if (type === "gateway-api") await kubectl(["apply", "-f", "-"], JSON.stringify(gateway(className)));

  const opened = opening.move();
  return {
    ...{ namespace, placement, deployment },
    async plane() {
      const files = [shared.kubeconfig];
      const cluster = createCluster({ files, context: null, logger, namespaces: [namespace] });
      opened.defer(() => cluster.close());
      const plane = createClusterPlane({ cluster, logger, settleMs: 50 });
      opened.defer(() => plane.close());
      await plane.start();
      return plane;
    },
    put: (plane, config) => plane.put(config, placement),
    async revision(revision, replicas) {
      const name = objectName(named, revision);
      for (const object of revisionObjects(name, deployment, revision, replicas))
        await kubectl(["apply", "-f", "-"], JSON.stringify(object));
      await kubectl(["rollout", "status", `deployment/${name}`, "--timeout=120s"]);
    },
    async objects() {
      const selector = `${LABELS.deployment}=${deployment},!${LABELS.revision}`;
      const found = await kubectl(["get", "services,ingresses,httproutes", "-l", selector, "-o", "name"]);
      return found.split("\n").filter((line) => line !== "");
    },
    async meddle() {
      const change = patch([1, 2].map((revision) => objectName(named, revision)));
      await kubectl(["patch", resource, deploymentName(named, suffix), "--type=merge", "-p", JSON.stringify(change)]);
    },
    async squat() {
      const object = { ...kind, metadata: { name: deploymentName(named, "route") }, spec };
      await kubectl(["apply", "-f", "-"], JSON.stringify(object));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const gateway = (gatewayClassName: string): object => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "web" },
  spec: { gatewayClassName, listeners: [{ name: "http", protocol: "HTTP", port: 80 }] },
});

/** Pods that do nothing are enough: nobody calls them here. */
function revisionObjects(name: string, deployment: string, revision: number, replicas: number): object[] {
  const labels = {
    [LABELS.managedBy]: MANAGER,
    [LABELS.deployment]: deployment,
    [LABELS.revision]: String(revision),
  };
  const container = { name: "main", image: "idle:1", command: ["sleep", "3600"] };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container], terminationGracePeriodSeconds: 0 } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, labels },
      spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    },
  ];
}

for (const type of ["gateway-api", "ingress-nginx", "replicas"] as const)
  trafficSuite({ type, open: () => open(type) });

// edge case 19
describe("a Gateway", () => {
  test("that refuses the weights is told of in its own words, and the weights are not in force", async () => {
    const className = `refusing-${randomBytes(4).toString("hex")}`;
    await using player = await playGateway(shared, { className });
    await using place = await open("gateway-api", className);
    await place.revision(1, 1);
    const plane = await place.plane();
    await place.put(plane, routeConfig({ id: place.deployment, epoch: 1 }));
    await expect.poll(() => plane.route(place.deployment)?.epoch).toBe(1);
    player.set({ refuse: () => ({ reason: "NotAllowedByListeners", message: "no listener allows this namespace" }) });
    await expect
      .poll(() => plane.route(place.deployment))
      .toMatchObject({
        epoch: 0,
        problem: expect.stringMatching(/NotAllowedByListeners\): no listener allows this namespace/),
      });
  });

  test("that has looked at an older generation has not taken over the newest", async () => {
    const className = `lagging-${randomBytes(4).toString("hex")}`;
    await using player = await playGateway(shared, { className, lag: 1 });
    await using place = await open("gateway-api", className);
    await place.revision(1, 1);
    const plane = await place.plane();
    await place.put(plane, routeConfig({ id: place.deployment, epoch: 1 }));
    const conditions = [
      "get",
      "httproutes",
      "-n",
      place.namespace,
      "-o",
      "jsonpath={.items[0].status.parents[0].conditions}",
    ];
    await expect.poll(() => shared.kubectl(conditions)).not.toBe("");
    expect(plane.route(place.deployment)).toMatchObject({ epoch: 0, problem: null });
    player.set({ lag: 0 });
    await expect.poll(() => plane.route(place.deployment)?.epoch).toBe(1);
  });

  test("that cannot find a Service says so", async () => {
    await using place = await open("gateway-api");
    await place.revision(1, 1);
    const plane = await place.plane();
    await place.put(plane, routeConfig({ id: place.deployment, epoch: 1, split: splitOf(500) }));
    await expect
      .poll(() => plane.route(place.deployment)?.problem)
      .toMatch(/ResolvedRefs is False \(BackendNotFound\): service .*-r2 not found/);
    await place.revision(2, 1);
    await expect.poll(() => plane.route(place.deployment)?.epoch).toBe(1);
  });
});

describe("before anything moves", () => {
  const wish = {
    route: routeSchema.parse({ path: "/greeter" }),
    strategy: strategySchema.parse({ type: "canary", initialPercentage: 5 }),
    replicas: 4,
  };
  const told = async (place: Opened, target: Target = place.placement.target): Promise<string[]> => {
    const found = await (await place.plane()).preflight({ ...place.placement, target }, wish);
    return found.map(({ message }) => message);
  };
  const elsewhere = (traffic: object): Target => targetSchema.parse({ type: "kubernetes", traffic });

  test("a Gateway that is there and programmed is fine, and one that is not is named", async () => {
    await using place = await open("gateway-api");
    await expect.poll(() => told(place)).toEqual([]);
    const target = elsewhere({ type: "gateway-api", gateway: { name: "nowhere", namespace: place.namespace } });
    expect(await told(place, target)).toEqual([`Gateway ${place.namespace}/nowhere does not exist in test`]);
  });

  test("a Gateway of a class that nobody looks after is not programmed", async () => {
    await using place = await open("gateway-api", "nobody-plays-this");
    expect(await told(place)).toEqual([expect.stringMatching(/Gateway .*\/web is not programmed \(Pending: /)]);
  });

  test("an IngressClass that is not there is named", async () => {
    await using place = await open("ingress-nginx");
    expect(await told(place)).toEqual([expect.stringMatching(/^IngressClass nginx does not exist in test/)]);
  });

  test("weights that the pods cannot give are told, with what they need", async () => {
    await using place = await open("replicas");
    expect(await told(place)).toEqual([expect.stringMatching(/^5 % needs 19 replicas/)]);
  });
});
