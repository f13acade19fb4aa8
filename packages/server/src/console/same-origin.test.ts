import { expect, test } from "vitest";
import { refuseOtherPages } from "./same-origin.ts";

const HOST = "sluice.example:8303";
const OURS = { method: "POST", host: HOST, origin: `http://${HOST}`, site: "same-origin" };

const isRefused = (asked: Parameters<typeof refuseOtherPages>[0]): boolean => {
  try {
    refuseOtherPages(asked);
    return false;
  } catch {
    return true;
  }
};

test("a page of this server may change what its session may", () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) expect(isRefused({ ...OURS, method })).toBe(false);
});

test("whoever only reads is not asked where the page came from", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"])
    expect(isRefused({ method, host: HOST, origin: "https://elsewhere.example", site: "cross-site" })).toBe(false);
});

test.each([
  ["another site", { site: "cross-site", origin: "https://elsewhere.example" }],
  ["another port of the same host", { site: "same-site", origin: "http://sluice.example:9999" }],
  ["an address that was typed, which changes nothing", { site: "none", origin: undefined }],
  ["a browser that hides its origin", { site: undefined, origin: "null" }],
  ["nobody who can be told", { site: undefined, origin: undefined }],
  ["an origin that is no address", { site: undefined, origin: "sluice.example:8303" }],
  ["a host that only begins like ours", { site: undefined, origin: "http://sluice.example:83030" }],
  ["a name that only ends like ours", { site: undefined, origin: `http://evil.${HOST}` }],
])("%s is refused", (_who, asked) => {
  expect(isRefused({ ...OURS, ...asked })).toBe(true);
});

test("a browser that knows no Sec-Fetch-Site is judged by its Origin, in front of TLS or behind it", () => {
  for (const scheme of ["http", "https"])
    expect(isRefused({ ...OURS, site: undefined, origin: `${scheme}://${HOST}` })).toBe(false);
});

test("what the browser says of the site counts for more than its origin", () => {
  expect(isRefused({ ...OURS, site: "same-site" })).toBe(true);
});

test("the refusal names the origin and says what programs do", () => {
  expect(() => refuseOtherPages({ ...OURS, site: "cross-site", origin: "https://elsewhere.example" })).toThrow(
    /https:\/\/elsewhere\.example.*Authorization: Bearer/,
  );
});
