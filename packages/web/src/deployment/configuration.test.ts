import type { Deployment } from "@sluice/client";
import { expect, test } from "vitest";
import { sectionsFor, sectionsOf } from "./configuration.ts";

const CONFIG: Deployment["config"] = {
  ...{
    replicas: 2,
    env: {},
    parameters: {},
    resources: {},
    scaling: null,
    progressDeadlineSeconds: 600,
    stopSeconds: 30,
  },
  healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 3 },
};
const titles = (config: Deployment["config"]) => sectionsOf(config).map(({ title }) => title);
const rows = (config: Deployment["config"], title: string) =>
  sectionsOf(config).find((section) => section.title === title)?.rows;

test("what says nothing is left out", () => {
  expect(titles(CONFIG)).toEqual(["Scaling", "Health check", "Patience"]);
});

test("secrets are shown as where they come from", () => {
  const secrets = { TOKEN: "stripe", KEY: { name: "tls", version: 3 } };
  expect(rows({ ...CONFIG, secrets }, "Secrets")).toEqual([
    ["TOKEN", "secret stripe"],
    ["KEY", "secret tls, version 3"],
  ]);
});

test("values keep their form, and an empty one is seen", () => {
  expect(rows({ ...CONFIG, env: { A: "<b>" } }, "Variables")).toEqual([["A", "<b>"]]);
  const parameters = { rate: 0.5, on: true, none: "", nested: { a: [1] } };
  expect(rows({ ...CONFIG, parameters }, "Parameters")).toEqual([
    ["rate", "0.5"],
    ["on", "true"],
    ["none", "(empty)"],
    ["nested", '{\n  "a": [\n    1\n  ]\n}'],
  ]);
});

test("limits stand beside what is wanted, and scaling by itself has its range", () => {
  const resources = { requests: { cpu: "500m" }, limits: { cpu: "1", memory: "1Gi" } };
  expect(rows({ ...CONFIG, resources }, "Resources")).toEqual([
    ["cpu", "500m wanted, at most 1"],
    ["memory", "at most 1Gi"],
  ]);
  expect(rows({ ...CONFIG, scaling: { min: 1, max: 9, targetCpu: 70 } }, "Scaling")).toContainEqual([
    "By itself",
    "1 to 9",
  ]);
});

test("of a prompt nothing is said about programs, for there are none", () => {
  const config = { ...CONFIG, parameters: { temperature: 0.2 } };
  expect(sectionsFor({ kind: "prompt", config }).map(({ title }) => title)).toEqual(["Parameters"]);
  expect(sectionsFor({ kind: "agent", config })).toEqual(sectionsOf(config));
});
