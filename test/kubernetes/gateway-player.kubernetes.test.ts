import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { playGateway } from "./gateway-player.ts";
import { GATEWAY_CLASS } from "./global-setup.ts";
import { sharedCluster, temporaryNamespace } from "./shared.ts";

const cluster = sharedCluster();
const GROUP = { apiVersion: "gateway.networking.k8s.io/v1" };

const gateway = (className: string): string =>
  JSON.stringify({
    ...GROUP,
    kind: "Gateway",
    metadata: { name: "front" },
    spec: { gatewayClassName: className, listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
  });

const route = (weight: number): string =>
  JSON.stringify({
    ...GROUP,
    kind: "HTTPRoute",
    metadata: { name: "web" },
    spec: {
      parentRefs: [{ name: "front" }],
      rules: [
        {
          backendRefs: [
            { name: "stable", port: 80, weight: 100 - weight },
            { name: "canary", port: 80, weight },
          ],
        },
      ],
    },
  });

async function inNamespace() {
  const namespace = await temporaryNamespace(cluster);
  const kubectl = (args: string[], stdin?: string) => cluster.kubectl(["-n", namespace.name, ...args], stdin);
  const apply = (json: string) => kubectl(["apply", "-f", "-"], json);
  const output = `jsonpath={range .status.parents[*].conditions[*]}{.type}={.status} {.reason} {.observedGeneration}{"\\n"}{end}`;
  const conditions = async (): Promise<string[]> =>
    (await kubectl(["get", "httproute", "web", "-o", output])).trim().split("\n");
  return { kubectl, apply, conditions, [Symbol.asyncDispose]: namespace[Symbol.asyncDispose] };
}

test("the run's gateway class accepts routes, and says which backend is missing", async () => {
  await using space = await inNamespace();
  await space.apply(gateway(GATEWAY_CLASS));
  await space.apply(route(10));
  await expect.poll(space.conditions).toEqual(["Accepted=True Accepted 1", "ResolvedRefs=False BackendNotFound 1"]);
  await space.kubectl(["create", "service", "clusterip", "stable", "--tcp=80"]);
  await space.kubectl(["create", "service", "clusterip", "canary", "--tcp=80"]);
  await expect.poll(space.conditions).toEqual(["Accepted=True Accepted 1", "ResolvedRefs=True ResolvedRefs 1"]);
  await space.apply(route(20));
  await expect.poll(space.conditions).toEqual(["Accepted=True Accepted 2", "ResolvedRefs=True ResolvedRefs 2"]);
  await space.kubectl(["wait", "--for=condition=Programmed", "gateway/front", "--timeout=60s"]);
});

test("a gateway can refuse, lag behind, and change its mind", async () => {
  const className = `refusing-${randomBytes(4).toString("hex")}`;
  await using space = await inNamespace();
  const refuse = () => ({ reason: "UnsupportedValue", message: "no" });
  await using player = await playGateway(cluster, { className, refuse });
  await space.apply(gateway(className));
  await space.apply(route(10));
  await expect.poll(space.conditions).toContain("Accepted=False UnsupportedValue 1");
  player.set({ refuse: () => null, lag: 1 });
  await space.apply(route(20));
  await expect.poll(space.conditions).toContain("Accepted=True Accepted 1");
  player.set({ lag: 0 });
  await expect.poll(space.conditions).toContain("Accepted=True Accepted 2");
});
