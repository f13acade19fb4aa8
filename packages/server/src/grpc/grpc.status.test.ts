import { ERROR_CODES, SluiceError } from "@sluice/core";
import { expect, test } from "vitest";
import { GRPC_STATUS, knownError, toStatus } from "./grpc.status.ts";

test("every code has a status of its own, and none is OK", () => {
  const numbers = ERROR_CODES.map((code) => GRPC_STATUS[code]);
  expect(new Set(numbers).size).toBe(ERROR_CODES.length);
  expect(numbers).not.toContain(0);
});

test("what nobody foresaw is told without its words", () => {
  expect(knownError(new TypeError("hunter2"))).toMatchObject({
    code: "internal",
    message: expect.not.stringContaining("hunter2"),
  });
});

test("an enormous error fits into the trailers", () => {
  const violations = Array.from({ length: 500 }, (_, at) => ({
    field: `metadata.${at}`,
    found: "x",
    allowed: "y".repeat(5_000),
  }));
  const { details, metadata } = toStatus(
    new SluiceError("invalid_argument", "z".repeat(100_000), { violations }),
    "id",
  );
  expect(details.length).toBeLessThanOrEqual(1_024);
  const [packed] = metadata?.get("grpc-status-details-bin") ?? [];
  expect(packed?.length).toBeLessThan(6_000);
  expect(metadata?.get("x-request-id")).toEqual(["id"]);
});
