import { expect, test } from "vitest";
import { expiryOf, stateOf } from "./token.ts";

const now = Date.parse("2026-11-22T00:00:00Z");

test("a token is in use until it expires or is revoked, and revoked is the stronger word", () => {
  const past = "2026-11-21T00:00:00.000Z";
  expect([
    stateOf({ expiresAt: null, revokedAt: null }, now),
    stateOf({ expiresAt: "2026-11-22T00:00:01.000Z", revokedAt: null }, now),
    stateOf({ expiresAt: "2026-11-22T00:00:00.000Z", revokedAt: null }, now),
    stateOf({ expiresAt: past, revokedAt: past }, now),
  ]).toEqual(["in use", "in use", "expired", "revoked"]);
});

test("a token counts so many days from now on, or without end", () => {
  expect([expiryOf(1, now), expiryOf(null, now)]).toEqual(["2026-11-23T00:00:00.000Z", null]);
});
