import { expect, test } from "vitest";
import { createLimits } from "./grpc.limits.ts";

test("a caller has its calls of a minute, and others have theirs", () => {
  let now = 0;
  const limits = createLimits(2, () => now);
  const call = (authorization: string) => () => limits.take({ address: "127.0.0.1", authorization });
  call("ann")();
  call("ann")();
  expect(call("ann")).toThrow("more than 2 calls in a minute");
  expect(call("bob")).not.toThrow();
  now = 60_000;
  expect(call("ann")).not.toThrow();
});

test("an address that guesses tokens is heard no more, for a while", () => {
  let now = 0;
  const limits = createLimits(1_000, () => now);
  const call = () => limits.take({ address: "10.0.0.9", authorization: undefined });
  for (let attempt = 0; attempt < 30; attempt += 1) limits.failed("10.0.0.9");
  expect(call).toThrow("too many failed attempts");
  expect(() => limits.take({ address: "10.0.0.8", authorization: undefined })).not.toThrow();
  now = 60_000;
  expect(call).not.toThrow();
});
