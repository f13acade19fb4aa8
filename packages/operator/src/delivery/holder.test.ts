import type { ResourceKind } from "@sluice/core";
import { expect, test } from "vitest";
import { type DeliveryObject, wishOf } from "./delivery.kinds.ts";
import { type Claim, holderOf } from "./holder.ts";

/** Made in the order of their numbers. */
function claim(age: number, kind: ResourceKind, spec: object, namespace = `team-${age}`): Claim {
  const object: DeliveryObject = {
    metadata: {
      ...{ name: "greeter", namespace, uid: `uid-${age}` },
      creationTimestamp: `2026-11-21T10:00:0${age}Z`,
    },
    spec,
  };
  return { object, ...wishOf(kind, object, "shop") };
}

const DEPLOYMENT = { artifact: "greeter", version: "1", environment: "production" };
const namespaceOf = (object: DeliveryObject | null) => object?.metadata.namespace ?? null;

test("of several objects that ask for one deployment the oldest has it, whatever order they are seen in", () => {
  const claims = [1, 2, 3].map((age) => claim(age, "Deployment", { ...DEPLOYMENT, version: String(age) }));
  for (const others of [claims, claims.toReversed()])
    expect(claims.map((one) => namespaceOf(holderOf(one, others)))).toEqual([null, "team-1", "team-1"]);
});

test.each([
  ["in another environment", { ...DEPLOYMENT, environment: "staging" }],
  ["of another name", { ...DEPLOYMENT, name: "other" }],
  ["of another project", { ...DEPLOYMENT, project: "garden" }],
])("a deployment %s is another one", (_, spec) => {
  const [first, second] = [claim(1, "Deployment", DEPLOYMENT), claim(2, "Deployment", spec)];
  expect(holderOf(second, [first, second])).toBeNull();
});

test("what is said twice in the same words is shared, unless one of them takes it away when it goes", () => {
  const shared = [claim(1, "Environment", { tier: "staging" }), claim(2, "Environment", { tier: "staging" })] as const;
  expect(holderOf(shared[1], shared)).toBeNull();
  const other = claim(3, "Environment", { tier: "production" });
  expect(namespaceOf(holderOf(other, [...shared, other]))).toBe("team-1");
  const greedy = claim(4, "Environment", { tier: "staging", deletionPolicy: "Delete" });
  expect(namespaceOf(holderOf(greedy, [...shared, greedy]))).toBe("team-1");
});
