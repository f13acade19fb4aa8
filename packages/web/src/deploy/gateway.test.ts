import { routeSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { gatewayAt, routeOf, saysMore } from "./gateway.ts";
import { pairsOf } from "./text.ts";

const AT = gatewayAt("/greeter");

test("a route says only what the API would not take anyway; without a path there is none", () => {
  expect(routeOf(AT)).toEqual({ path: "/greeter" });
  expect(routeOf(gatewayAt(" "))).toBeUndefined();
  expect(saysMore(AT)).toBe(false);
});

test.each([
  [
    { stickiness: "cookie", stickyName: "" },
    { by: "cookie", name: "sluice" },
  ],
  [
    { stickiness: "header", stickyName: " X-User " },
    { by: "header", name: "x-user" },
  ],
  [{ stickiness: "client", stickyName: "" }, { by: "client" }],
] as const)("callers stay with their version by what is chosen (%#)", (written, stickiness) => {
  expect(saysMore({ ...AT, ...written })).toBe(true);
  expect(routeSchema.parse(routeOf({ ...AT, ...written }))).toMatchObject({ stickiness });
});

test("timeouts, headers and cookies are as they are written", () => {
  const route = routeOf({ ...AT, response: "5000", headers: pairsOf({ "x-beta": "1" }), cookies: pairsOf({ a: "b" }) });
  expect(route).toEqual({
    path: "/greeter",
    timeouts: { responseMs: 5_000 },
    headers: { "x-beta": "1" },
    cookies: { a: "b" },
  });
});
