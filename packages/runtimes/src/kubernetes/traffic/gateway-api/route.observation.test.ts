import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Condition } from "../../client/kube.types.ts";
import { revisionOf } from "../revision.ts";
import type { Gateway, HttpRoute } from "./http-route.types.ts";
import { splitOf, stateOf } from "./route.observation.ts";

const parentRef = { name: "web", namespace: "infra" };
const condition = (type: string, changes: Partial<Condition> = {}): Condition => ({
  type,
  status: "True",
  observedGeneration: 3,
  ...changes,
});
const route = (conditions: Condition[] | null, changes: Partial<HttpRoute["spec"]> = {}): HttpRoute => ({
  metadata: { name: "greeter", namespace: "shop", generation: 3 },
  spec: { parentRefs: [parentRef], rules: [], ...changes },
  status: { parents: conditions === null ? [] : [{ parentRef, controllerName: "example.net/gateway", conditions }] },
});
const gateway: Gateway = {
  metadata: { name: "web", namespace: "infra" },
  status: { conditions: [condition("Programmed")] },
};
const fine = [condition("Accepted"), condition("ResolvedRefs")];

test("a route that every parent has accepted and resolved is in force", () => {
  expect(stateOf(route(fine), gateway)).toEqual({ is: "in force" });
});

// edge case 19
describe("a route is not in force", () => {
  test.each<[string, HttpRoute, Gateway | null, RegExp, ("pending" | "refused")?]>([
    [
      "that nobody has taken up",
      route(null),
      gateway,
      /no controller has taken up HTTPRoute shop\/greeter for Gateway infra\/web/,
      "pending",
    ],
    [
      "of which an older generation was looked at",
      route([condition("Accepted", { observedGeneration: 2 }), condition("ResolvedRefs")]),
      gateway,
      /generation 2 of 3/,
      "pending",
    ],
    [
      "of which nothing is said yet",
      route([condition("Accepted")]),
      gateway,
      /nothing is said of ResolvedRefs/,
      "pending",
    ],
    [
      "that is refused",
      route([
        condition("Accepted", { status: "False", reason: "NotAllowedByListeners", message: "no listener allows shop" }),
        condition("ResolvedRefs"),
      ]),
      gateway,
      /Accepted is False \(NotAllowedByListeners\): no listener allows shop \(example.net\/gateway\)/,
    ],
    [
      "with a backend that is not there",
      route([
        condition("Accepted"),
        condition("ResolvedRefs", {
          status: "False",
          reason: "BackendNotFound",
          message: "service greeter-r2 not found",
        }),
      ]),
      gateway,
      /BackendNotFound\): service greeter-r2 not found/,
    ],
    [
      "of which a part is invalid",
      route([...fine, condition("PartiallyInvalid", { reason: "UnsupportedValue", message: "rule 1" })]),
      gateway,
      /a part of it is invalid/,
    ],
    [
      "whose Gateway is not there",
      route(fine),
      null,
      /Gateway infra\/web, which HTTPRoute shop\/greeter is for, does not exist/,
    ],
    [
      "whose Gateway is not programmed",
      route(fine),
      {
        ...gateway,
        status: {
          conditions: [
            condition("Programmed", { status: "False", reason: "AddressNotAssigned", message: "no address" }),
          ],
        },
      },
      /Gateway infra\/web is not programmed \(AddressNotAssigned\): no address/,
    ],
  ])("%s", (_, object, at, why, is = "refused") => {
    expect(stateOf(object, at)).toEqual({ is, why: expect.stringMatching(why) });
  });

  test("at one of its parents alone", () => {
    const other = { name: "intern", namespace: "infra" };
    expect(stateOf(route(fine, { parentRefs: [parentRef, other] }), gateway)).toEqual({
      is: "pending",
      why: expect.stringMatching(/Gateway infra\/intern/),
    });
  });

  test("unless every one of the conditions holds", () => {
    const status = fc.constantFrom("True", "False", "Unknown") as fc.Arbitrary<Condition["status"]>;
    const any = fc.record({ status, observedGeneration: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(any, any, (accepted, resolved) => {
        const { is } = stateOf(route([condition("Accepted", accepted), condition("ResolvedRefs", resolved)]), gateway);
        const holds = [accepted, resolved].every((one) => one.status === "True" && one.observedGeneration === 3);
        expect(is === "in force").toBe(holds);
      }),
    );
  });
});

test("a split that somebody wrote by hand is told as it is", () => {
  const backendRefs = [
    { name: "greeter-x7k2m-r1", port: 80, weight: 1 },
    { name: "greeter-x7k2m-r2", port: 80, weight: 1 },
    { name: "other", port: 80, weight: 7 },
  ];
  expect(splitOf(route(fine, { rules: [{ matches: [], backendRefs }] }))).toEqual([
    { revision: 1, weight: 5_000 },
    { revision: 2, weight: 5_000 },
  ]);
  expect(splitOf(route(fine))).toEqual([]);
  expect(revisionOf("greeter-x7k2m-r12")).toBe(12);
  expect(revisionOf("greeter")).toBeNull();
});
