import { ApiError, UnreachableError } from "@sluice/client";
import { Refusal } from "@sluice/manifest";
import { expect, test } from "vitest";
import { troubleOf } from "./server.ts";

const answer = (status: number, detail: string, errors?: { field: string; allowed?: string }[]): ApiError =>
  new ApiError({ type: "about:blank", title: "No", status, detail, ...(errors && { errors }) });

test.each([
  ["no answer", new UnreachableError("http://sluice:8303", new Error("refused")), "ServerUnreachable", true],
  ["a server that stops", answer(503, "stopping"), "ServerUnreachable", true],
  ["a server that fails", answer(500, "failed"), "ServerUnreachable", true],
  ["too many requests", answer(429, "slower"), "ServerUnreachable", true],
  ["a token that has expired", answer(401, "the token has expired"), "Unauthorized", true],
  ["a token that may not", answer(403, "viewers may not deploy"), "Unauthorized", true],
  ["what is not there", answer(404, "artifact nobody does not exist"), "Refused", false],
  ["what cannot be now", answer(409, "a rollout goes on"), "Refused", false],
  ["what would be no change for the better", new Refusal("the kind of an artifact stays"), "Refused", false],
] as const)("%s is told in its own words, and whether time may mend it", (_, error, reason, passing) => {
  expect(troubleOf(error)).toEqual({ reason, message: error.message, passing });
});

test("a refusal names each field and what it may be, in a length that a status can hold", () => {
  const fields = [{ field: "strategy.steps", allowed: "at least one" }, { field: "route.path" }];
  expect(troubleOf(answer(400, "2 fields are wrong", fields)).message).toBe(
    "2 fields are wrong; strategy.steps: at least one; route.path",
  );
  expect(troubleOf(answer(400, "x".repeat(50_000))).message).toHaveLength(4_000);
});

test("what is no answer of a server is nobody's fault but ours", () => {
  expect(() => troubleOf(new TypeError("no such function"))).toThrow(TypeError);
});
