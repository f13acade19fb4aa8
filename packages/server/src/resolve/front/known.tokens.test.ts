import { SluiceError } from "@sluice/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LOCAL_ADMIN } from "../../access/principal.ts";
import { createKnownTokens, type KnownTokens } from "./known.tokens.ts";

type Answer = "good" | "revoked" | "away";

let answer: Answer;
let known: KnownTokens;

beforeEach(() => {
  vi.useFakeTimers();
  answer = "good";
  known = createKnownTokens({
    async authenticate() {
      if (answer === "good") return LOCAL_ADMIN;
      throw answer === "revoked"
        ? new SluiceError("unauthenticated", "the token was revoked")
        : new Error("ECONNREFUSED");
    },
  });
});

afterEach(() => {
  known.close();
  vi.useRealTimers();
});

async function learned(): Promise<void> {
  known.learn("Bearer a");
  await vi.advanceTimersByTimeAsync(0);
}

test("a token is known once it was found good, and another one is not", async () => {
  expect(known.principalOf("Bearer a")).toBeNull();
  await learned();
  expect(known.principalOf("Bearer a")).toBe(LOCAL_ADMIN);
  expect(known.principalOf("Bearer b")).toBeNull();
});

test("one that was revoked opens nothing after the next check", async () => {
  await learned();
  answer = "revoked";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(known.principalOf("Bearer a")).toBeNull();
});

test("one that is not good is never known", async () => {
  answer = "revoked";
  await learned();
  expect(known.principalOf("Bearer a")).toBeNull();
});

test("those that are known stay good while the database is away", async () => {
  await learned();
  answer = "away";
  await vi.advanceTimersByTimeAsync(5_000);
  expect(known.principalOf("Bearer a")).toBe(LOCAL_ADMIN);
});

test("one that nobody shows is forgotten", async () => {
  await learned();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(known.principalOf("Bearer a")).toBeNull();
});
