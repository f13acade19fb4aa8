import { FULL_WEIGHT, type RouteConfig } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { routeConfig, service, splitOf } from "../testing.ts";
import { backendOf, splitOf as dealtBy, type IngressStep, ingressSteps, type Present } from "./ingress.steps.ts";
import type { IngressManifest } from "./ingress.types.ts";
import { CANARY, canaryIngress, type IngressPlace, mainIngress, partsOf } from "./ingresses.ts";

const place: IngressPlace = {
  className: "nginx",
  namespace: "shop",
  names: { main: "greeter-route", canary: "greeter-canary", preview: "greeter-preview" },
  service,
  labels: {},
};

/** The Ingresses as they are after each write. */
class Cluster {
  present: Present = { main: null, canary: null, preview: null };
  /** What every moment dealt, in order. */
  dealt: string[] = [];

  put(config: RouteConfig): this {
    const main = this.present.main === null ? null : backendOf(this.present.main);
    for (const step of ingressSteps(config, partsOf(config, main), this.present, place)) this.take(step);
    return this;
  }

  take(step: IngressStep): void {
    const name = "put" in step ? step.put.metadata.name : step.remove;
    const part = name.replace("greeter-", "").replace("route", "main") as keyof Present;
    this.present = { ...this.present, [part]: "put" in step ? step.put : null };
    const shares = dealtBy(this.present).map(({ revision, weight }) => `r${revision}:${weight}`);
    this.dealt.push(shares.join(" "));
  }
}

const only = (revision: number) => [{ revision, weight: FULL_WEIGHT }];
const between = (stable: number, candidate: number, weight: number) => [
  { revision: stable, weight: FULL_WEIGHT - weight },
  { revision: candidate, weight },
];

describe("the writes of a canary", () => {
  test("give it a share, more, and in the end everything", () => {
    const cluster = new Cluster().put(routeConfig({ split: only(1) }));
    for (const weight of [25, 2_500]) cluster.put(routeConfig({ split: splitOf(weight) }));
    cluster.put(routeConfig({ split: only(2) }));
    expect(new Set(cluster.dealt)).toEqual(new Set(["r1:10000", "r1:9975 r2:25", "r1:7500 r2:2500", "r2:10000"]));
    expect(cluster.present.canary).toBeNull();
  });

  // edge case 20
  test("reset the weight before the canary leads to another revision", () => {
    const cluster = new Cluster().put(routeConfig({ split: splitOf(2_500) }));
    cluster.dealt = [];
    cluster.put(routeConfig({ split: between(1, 3, 500) }));
    expect(cluster.dealt).toEqual(["r1:10000", "r1:10000", "r1:9500 r3:500"]);
  });

  // edge case 49
  test("leave nothing behind after canary, rollback and canary", () => {
    const cluster = new Cluster();
    for (const split of [only(1), splitOf(500), only(1), between(1, 3, 500), only(1)])
      cluster.put(routeConfig({ split }));
    const { main, canary, preview } = cluster.present;
    expect([main !== null && backendOf(main), canary, preview]).toEqual([1, null, null]);
  });

  // edge case 21
  test("send nobody where nothing was meant to be, from any split to any other", () => {
    const split = fc
      .tuple(
        fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 9_999 }),
      )
      .map(([[first = 1, second], weight]) => (second === undefined ? only(first) : between(first, second, weight)));
    fc.assert(
      fc.property(fc.array(split, { minLength: 2, maxLength: 5 }), (splits) => {
        const cluster = new Cluster();
        let before: { revision: number }[] = [];
        for (const wanted of splits) {
          cluster.dealt = [];
          cluster.put(routeConfig({ split: wanted }));
          const meant = new Set([...before, ...wanted].map(({ revision }) => `r${revision}`));
          for (const moment of cluster.dealt)
            for (const share of moment.split(" ")) expect(meant).toContain(share.split(":")[0]);
          const now = dealtBy(cluster.present).toSorted((left, right) => left.revision - right.revision);
          expect(now).toEqual(wanted.toSorted((left, right) => left.revision - right.revision));
          before = wanted;
        }
      }),
    );
  });
});

const annotations = (manifest: IngressManifest | undefined) => manifest?.metadata.annotations ?? {};
const canaryOf = (changes: Partial<RouteConfig>) => {
  const config = routeConfig(changes);
  const { canary } = partsOf(config, null);
  return canary === null ? undefined : canaryIngress(config, canary, place);
};

describe("the Ingresses", () => {
  test("take the prefix away by a pattern that ends at the border of a segment", () => {
    const config = routeConfig({ match: { host: "shop.example", path: "/v1.0/greeter" } });
    const main = mainIngress(config, partsOf(config, null), place);
    expect(main.spec.rules).toEqual([
      {
        host: "shop.example",
        http: {
          paths: [
            {
              path: "/v1\\.0/greeter(/|$)(.*)",
              pathType: "ImplementationSpecific",
              backend: { service: { name: "greeter-x7k2m-r1", port: { number: 80 } } },
            },
          ],
        },
      },
    ]);
    expect(annotations(main)).toMatchObject({
      "nginx.ingress.kubernetes.io/rewrite-target": "/$2",
      "nginx.ingress.kubernetes.io/proxy-connect-timeout": "1",
      "nginx.ingress.kubernetes.io/proxy-read-timeout": "60",
    });
  });

  test("give two decimals of a percent", () => {
    expect(annotations(canaryOf({ split: splitOf(25) }))).toMatchObject({
      [CANARY.weight]: "25",
      [CANARY.total]: "10000",
    });
  });

  test.each([
    [
      "a header",
      { headers: { "x-sluice-preview": "/next" } },
      { [CANARY.header]: "x-sluice-preview", [CANARY.value]: "/next" },
    ],
    ["a cookie", { cookies: { beta: "always" } }, { [CANARY.cookie]: "beta" }],
    ["a region", { region: "eu" }, { [CANARY.header]: "x-sluice-region", [CANARY.pattern]: "^(?i:eu)$" }],
  ])("send callers with %s to the candidate, which has no share yet", (_, asked, expected) => {
    expect(annotations(canaryOf({ pins: [{ revision: 2, ...asked }] }))).toMatchObject({
      [CANARY.weight]: "0",
      ...expected,
    });
  });

  test.each([
    ["a mirror", { mirror: { revision: 2, weight: 100 } }, /copy requests/],
    ["a route with headers", { match: { path: "/", headers: { a: "b" } } }, /headers or cookies/],
    [
      "two conditions",
      { pins: [{ revision: 2, headers: { a: "1" }, cookies: { b: "always" } }] },
      /2 conditions at once/,
    ],
    ["a cookie of its own value", { pins: [{ revision: 2, cookies: { b: "yes" } }] }, /another value than "always"/],
    ["stickiness by client", { stickiness: { by: "client" as const }, split: splitOf(5) }, /by client/],
    ["three revisions", { split: [...splitOf(5), { revision: 3, weight: 5 }] }, /among 3 revisions/],
    [
      "a pin beside the share of another",
      { split: splitOf(5), pins: [{ revision: 3, headers: { a: "1" } }] },
      /pin callers to revision 3/,
    ],
  ])("cannot be made for %s", (_, changes, message) => {
    expect(() => canaryOf(changes)).toThrow(message);
  });
});

test("an Ingress that somebody changed by hand is told as it is", () => {
  const config = routeConfig({ split: splitOf(500) });
  const cluster = new Cluster().put(config);
  const { main, canary } = cluster.present;
  if (main === null || canary === null) throw new Error("there are two");
  const by = (hand: Record<string, string>) => ({ ...canary, metadata: { ...canary.metadata, annotations: hand } });
  expect(dealtBy({ main, canary: by({ [CANARY.is]: "true", [CANARY.weight]: "50" }) })).toEqual(splitOf(5_000));
  expect(dealtBy({ main, canary: by({}) })).toEqual(only(1));
  expect(dealtBy({ main: null, canary })).toEqual([]);
});
