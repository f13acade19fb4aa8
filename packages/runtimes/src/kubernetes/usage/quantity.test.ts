import { expect, test } from "vitest";
import { bytesOf, coresOf } from "./quantity.ts";

test.each([
  ["12345678n", 0.012345678],
  ["1500u", 0.0015],
  ["250m", 0.25],
  ["2", 2],
  ["0", 0],
])("%s is %d of a processor", (quantity, cores) => {
  expect(coresOf(quantity)).toBeCloseTo(cores, 9);
});

test.each([
  ["204800Ki", 209_715_200],
  ["128Mi", 134_217_728],
  ["1e9", 1_000_000_000],
  ["128M", 128_000_000],
  ["134217728", 134_217_728],
])("%s is %d bytes", (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes);
});
