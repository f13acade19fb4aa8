import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostName, readRequestHead, readTarget } from "./request.head.ts";
import { isTraceparent, newTraceparent } from "./trace.context.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** The values of a header in a flat list. */
const valuesOf = (headers: readonly string[], name: string): string[] =>
  headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);

describe("the head of a request", () => {
  test("passes on what it does not know, in order and as written", () => {
    const { headers } = readRequestHead(["X-One", "1", "x-two", "2", "X-One", "3"], "192.0.2.1", null);
    expect(headers.slice(0, 6)).toEqual(["X-One", "1", "x-two", "2", "X-One", "3"]);
  });

  test("drops hop-by-hop headers and those that any Connection header lists", () => {
    const raw = [
      "Connection",
      "X-A, keep-alive",
      "X-A",
      "1",
      "connection",
      "x-b",
      "X-B",
      "2",
      "Keep-Alive",
      "5",
      "TE",
      "x",
    ];
    const { headers } = readRequestHead([...raw, "Upgrade", "h2c", "Proxy-Authorization", "p"], "192.0.2.1", null);
    const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.sort()).toEqual(["traceparent", "x-forwarded-for", "x-forwarded-proto"]);
  });

  test("lets nobody but the gateway say which revision it is", () => {
    const raw = [
      "X-Sluice-Only",
      "dep_1",
      "X-Sluice-Revision",
      "9",
      "x-sluice-version",
      "9",
      "x-sluice-deployment",
      "d",
      "x-sluice-mirror",
      "1",
    ];
    const { headers } = readRequestHead([...raw, "x-sluice-preview", "true"], "192.0.2.1", null);
    const names = headers.filter((_, index) => index % 2 === 0);
    expect(names.filter((name) => name.toLowerCase().startsWith("x-sluice"))).toEqual(["x-sluice-preview"]);
  });

  test("appends to X-Forwarded-For and believes no other claim", () => {
    const raw = [
      "Host",
      "a:1",
      "X-Forwarded-For",
      "10.0.0.1",
      "x-forwarded-for",
      "10.0.0.2",
      "X-Forwarded-Host",
      "evil",
    ];
    const { headers, host } = readRequestHead([...raw, "X-Forwarded-Proto", "https"], "192.0.2.1", null);
    expect(host).toBe("a");
    expect(valuesOf(headers, "x-forwarded-for")).toEqual(["10.0.0.1, 10.0.0.2, 192.0.2.1"]);
    expect(valuesOf(headers, "x-forwarded-host")).toEqual(["a:1"]);
    expect(valuesOf(headers, "x-forwarded-proto")).toEqual(["http"]);
    expect(valuesOf(headers, "host")).toEqual(["a:1"]);
  });

  test("keeps a valid traceparent and replaces any other", () => {
    const traced = (value: string): string[] =>
      valuesOf(readRequestHead(["Traceparent", value], "", null).headers, "traceparent");
    expect(traced(TRACE)).toEqual([TRACE]);
    for (const bad of [
      "",
      "00-xyz",
      TRACE.replace("00-", "ff-"),
      TRACE.toUpperCase(),
      TRACE.replace(/b7\w+/, "0".repeat(16)),
    ]) {
      expect(traced(bad)).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)]);
      expect(traced(bad)).not.toEqual([bad]);
    }
  });

  test.each([
    [["content-length", "0"], false],
    [["content-length", "1"], true],
    [["transfer-encoding", "chunked"], true],
    [[], false],
  ])("%j has a body: %s", (raw, hasBody) => {
    expect(readRequestHead(raw, "", null).hasBody).toBe(hasBody);
  });

  test("two hosts are a fault; the authority of the target goes before Host", () => {
    expect(readRequestHead(["host", "a", "Host", "a"], "", null).fault).toMatch("more than one Host");
    expect(readRequestHead(["host", "a"], "", "b:8080")).toMatchObject({ host: "b", fault: null });
  });
});

describe("targets and hosts", () => {
  test.each([
    ["/a?b", { target: "/a?b", authority: null }],
    ["//a", { target: "//a", authority: null }],
    ["http://x.org", { target: "/", authority: "x.org" }],
    ["HTTP://x.org:8/a/b?c", { target: "/a/b?c", authority: "x.org:8" }],
    ["http://x.org?c", { target: "/?c", authority: "x.org" }],
    ["http:///a", null],
    ["http://u@x.org/", null],
    ["ftp://x.org/", null],
    ["a", null],
    ["", null],
  ])("%s", (target, read) => {
    expect(readTarget(target)).toEqual(read);
  });

  test("a host name has no port and no capitals", () => {
    expect(["A.org:80", "a.org", "[::1]:80", "[::1]"].map(hostName)).toEqual(["a.org", "a.org", "[::1]", "[::1]"]);
  });
});

test("new trace contexts are valid and differ", () => {
  const made = Array.from({ length: 2_000 }, newTraceparent);
  expect(made.every(isTraceparent)).toBe(true);
  expect(new Set(made).size).toBe(2_000);
});

test("no header makes the reading throw", () => {
  const header = fc.oneof(fc.constantFrom("connection", "host", "traceparent", "content-length"), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(header, fc.string())), (pairs) => {
      expect(readRequestHead(pairs.flat(), "", null).headers.length % 2).toBe(0);
    }),
  );
});
