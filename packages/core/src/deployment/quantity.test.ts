import { expect, test } from "vitest";
import { cpuCores, cpuSchema, memoryMb, memorySchema } from "./quantity.ts";

test("quantities are read as Kubernetes reads them", () => {
  expect(cpuCores("100m")).toBe(0.1);
  expect(cpuCores("2")).toBe(2);
  expect(memoryMb("512Mi")).toBe(512);
  expect(memoryMb("1Gi")).toBe(1024);
  expect(memoryMb("1048576")).toBe(1);
});

test.each(["", "-1", "1e3", "100 m", "1Kb", "many"])("'%s' is no quantity", (text) => {
  expect(cpuSchema.safeParse(text).success).toBe(false);
  expect(memorySchema.safeParse(text).success).toBe(false);
});
