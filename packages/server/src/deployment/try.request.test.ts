import { routeSchema } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatewayRequest, MAX_BODY, trySchema } from "./try.request.ts";

const at = (route: object) => ({
  deployment: "dep_1",
  route: routeSchema.parse(route),
  gatewayUrl: "http://127.0.0.1:30080",
});
const asked = (request: object) => trySchema.parse({ method: "GET", path: "/", ...request });

describe("what is asked", () => {
  test.each([
    ["no slash at the beginning", { path: "healthz" }],
    ["an absolute address", { path: "http://127.0.0.1:5432/" }],
    ["another host", { path: "//127.0.0.1:5432/" }],
    ["a way out", { path: "/a/../../other" }],
    ["a way out at the end", { path: "/.." }],
    ["a way out, encoded", { path: "/a/%2E%2e/other" }],
    ["a way out behind an encoded slash", { path: "/a%2f..%2fother" }],
    ["a backslash", { path: "/a\\..\\other" }],
    ["a second request", { path: "/ HTTP/1.1\r\nHost: other" }],
    ["a path without end", { path: `/${"a".repeat(2_048)}` }],
    ["a host of its own", { headers: { Host: "other" } }],
    ["what only the gateway says", { headers: { "X-Sluice-Only": "dep_2" } }],
    ["a length of its own", { headers: { "Content-Length": "7" } }],
    ["two headers in one", { headers: { a: "b\r\nc: d" } }],
    ["a header without a name", { headers: { "": "b" } }],
    [
      "more headers than anybody needs",
      { headers: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`h${i}`, ""])) },
    ],
    ["a body that GET does not have", { body: "x" }],
    ["a body of bytes beyond the limit", { method: "POST", body: "é".repeat(MAX_BODY / 2 + 1) }],
    ["a method that asks for a tunnel", { method: "CONNECT" }],
  ])("is refused with %s", (_what, request) => {
    expect(trySchema.safeParse({ method: "GET", path: "/", ...request }).success).toBe(false);
  });

  test("may have dots that lead nowhere, and dots in its query", () => {
    for (const path of ["/a..b", "/...", "/.well-known/x", "/a?next=../b", "/%2e%2efile"]) {
      expect(trySchema.safeParse({ method: "GET", path }).success, path).toBe(true);
    }
  });
});

describe("what is sent", () => {
  test("stands below the route, at its host, with its conditions, for this deployment alone", () => {
    const route = { path: "/greeter", host: "shop.example", headers: { "X-Region": "eu" }, cookies: { beta: "1" } };
    const request = asked({ path: "/hello?x=1", headers: { Cookie: "a=b", "X-Region": "us", Accept: "text/plain" } });
    expect(gatewayRequest(request, at(route))).toEqual({
      origin: "http://127.0.0.1:30080",
      path: "/greeter/hello?x=1",
      method: "GET",
      headers: {
        host: "shop.example:30080",
        accept: "text/plain",
        "x-region": "eu",
        cookie: "beta=1; a=b",
        "x-sluice-only": "dep_1",
      },
      body: null,
    });
  });

  test("never leaves the route, whatever is asked", () => {
    const { route, ...rest } = at({ path: "/greeter" });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webPath(),
          fc.string().map((text) => `/${text}`),
        ),
        (path) => {
          const parsed = trySchema.safeParse({ method: "GET", path });
          if (!parsed.success) return;
          const sent = gatewayRequest(parsed.data, { route, ...rest });
          // As the most forgiving reader would understand it.
          expect(new URL(sent.path, "http://gateway").pathname.startsWith("/greeter/")).toBe(true);
        },
      ),
    );
  });
});
