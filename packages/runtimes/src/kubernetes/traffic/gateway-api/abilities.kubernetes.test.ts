import { routeSchema, strategySchema, targetSchema } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type TestCluster } from "../../../../../../test/kubernetes/cluster.ts";
import { installGatewayApi } from "../../../../../../test/kubernetes/gateway-api.ts";
import { SILENT } from "../../../supervision/policy.ts";
import { type Cluster, createCluster } from "../../cluster.ts";
import { createClusterPlane } from "../cluster.plane.ts";
import { routeConfig, splitOf } from "../testing.ts";
import { readAbilities } from "./abilities.ts";

// A cluster of its own: which channel of Gateway API is installed is a matter of the whole cluster.
let access: TestCluster;
beforeAll(async () => {
  access = await startCluster();
});
afterAll(() => access.close());

const placement = {
  target: targetSchema.parse({
    type: "kubernetes",
    namespace: "default",
    traffic: { type: "gateway-api", gateway: { name: "web" } },
  }),
  ...{ project: "shop", environment: "production", name: "greeter", kind: "application" as const },
};
const COOKIE = { by: "cookie", name: "arm" } as const;
const MIRROR = { revision: 2, weight: 1_250 };

/** Whoever begins anew asks anew what the cluster can do. */
async function opened(): Promise<
  AsyncDisposable & { cluster: Cluster; told(): Promise<string[]>; put(changes: object): Promise<void> }
> {
  const cluster = createCluster({ files: [access.kubeconfig], context: null, logger: SILENT });
  const plane = createClusterPlane({ cluster, logger: SILENT });
  const wish = {
    route: routeSchema.parse({ path: "/greeter", stickiness: COOKIE }),
    strategy: strategySchema.parse({ type: "shadow", mirrorPercentage: 12.5 }),
    replicas: 2,
  };
  return {
    cluster,
    told: async () => (await plane.preflight(placement, wish)).map(({ message }) => message),
    put: (changes) => plane.put(routeConfig({ split: splitOf(2_500), ...changes }), placement),
    async [Symbol.asyncDispose]() {
      await plane.close();
      await cluster.close();
    },
  };
}

/** What a plane says once the API server describes the kinds that were installed. */
const toldWhen = (sessionPersistence: boolean, mirrorShare: boolean): Promise<string[]> =>
  expect
    .poll(async () => {
      await using place = await opened();
      return readAbilities(place.cluster.client);
    })
    .toEqual({ sessionPersistence, mirrorShare })
    .then(async () => {
      await using place = await opened();
      return place.told();
    });

test("a cluster without Gateway API says which definitions are missing", async () => {
  await using place = await opened();
  expect(await place.told()).toEqual([
    expect.stringMatching(/^the cluster has no HTTPRoute \(gateway.networking.k8s.io\/v1\): .* not installed$/),
  ]);
});

test("the experimental channel keeps callers on a revision, and copies a part of the requests", async () => {
  await installGatewayApi(access, "experimental");
  const told = await toldWhen(true, true);
  expect(told).not.toContainEqual(expect.stringContaining("sessionPersistence"));
  expect(told).not.toContainEqual(expect.stringContaining("12.5 %"));
  await using place = await opened();
  await place.put({ stickiness: COOKIE, epoch: 1 });
  expect(await ruleOf("sessionPersistence.sessionName")).toBe("arm");
});

// Above the other: whoever has the standard one is kept from the other by a policy that comes with it.
test("the standard channel copies a part of the requests, and keeps no caller on a revision", async () => {
  await installGatewayApi(access);
  const told = await toldWhen(false, true);
  expect(told).toContainEqual(
    expect.stringMatching(/HTTPRoute has no sessionPersistence.*; its experimental channel has it/),
  );
  expect(told).not.toContainEqual(expect.stringContaining("12.5 %"));
  await using place = await opened();
  await place.put({ mirror: MIRROR, epoch: 2 });
  expect(await ruleOf("filters[-1:].requestMirror.fraction.numerator")).toBe("1250");
  await expect(place.put({ stickiness: COOKIE, epoch: 3 })).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("sessionPersistence"),
  });
});

test("an older one that copies all or nothing says so, and is not asked for less", async () => {
  const schema = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/rules/items";
  const mirror = `${schema}/properties/filters/items/properties/requestMirror`;
  const crd = "customresourcedefinition/httproutes.gateway.networking.k8s.io";
  const older = ["properties/fraction", "x-kubernetes-validations"].map((part) => ({
    op: "remove",
    path: `${mirror}/${part}`,
  }));
  await access.kubectl(["patch", crd, "--type=json", "-p", JSON.stringify(older)]);
  expect(await toldWhen(false, false)).toContainEqual(expect.stringContaining("not 12.5 %"));
  await using place = await opened();
  await expect(place.put({ mirror: MIRROR, epoch: 4 })).rejects.toMatchObject({ code: "failed_precondition" });
});

/** A field of the rule with the weights, as the API server keeps it. */
const ruleOf = (field: string): Promise<string> =>
  access.kubectl(["get", "httproutes", "-o", `jsonpath={.items[0].spec.rules[-1:].${field}}`]);
