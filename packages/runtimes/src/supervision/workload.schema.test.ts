import type { Workload } from "@sluice/core";
import { expect, test } from "vitest";
import { testWorkload } from "../process/process.harness.ts";
import { checkWorkload, commandWorkloadSchema } from "./workload.schema.ts";

const check = (workload: Workload) => checkWorkload(workload, commandWorkloadSchema);

const bad: [string, Partial<Workload>][] = [
  ["deployment", { deployment: "../elsewhere" }],
  ["deployment", { deployment: "a/b" }],
  ["deployment", { deployment: ".." }],
  ["replicas", { replicas: -1 }],
  ["replicas", { replicas: 1.5 }],
  ["command", { command: [] }],
  ["command.0", { command: ["a\0b"] }],
  ["workdir", { workdir: "relative/folder" }],
  ["env.1BAD", { env: { "1BAD": "x" } }],
  ["healthCheck.path", { healthCheck: { path: "no slash", intervalSeconds: 1, timeoutSeconds: 1, retries: 1 } }],
  ["healthCheck.retries", { healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 0 } }],
  ["progressDeadlineSeconds", { progressDeadlineSeconds: -5 }],
  ["stopSeconds", { stopSeconds: Number.NaN }],
];

test.each(bad)("a bad %s is refused by its name", (field, changes) => {
  expect(() => check(testWorkload("web", changes))).toThrow(
    expect.objectContaining({ code: "invalid_argument", violations: [expect.objectContaining({ field })] }),
  );
});

test("a bad variable is named without its value", () => {
  const secret = testWorkload("web", { env: { TOKEN: "hunter2\0" } });
  expect(() => check(secret)).toThrow(/env\.TOKEN/);
  expect(() => check(secret)).not.toThrow(/hunter2/);
});

test("a good workload is taken as it is", () => {
  const good = testWorkload("web");
  expect(check(good)).toEqual(good);
});
