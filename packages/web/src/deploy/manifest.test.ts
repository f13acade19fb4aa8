import { configSchema, RESOURCE_SCHEMAS } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { manifestText } from "./manifest.ts";
import { newStep } from "./step.ts";
import { STRATEGY_TYPES, strategyOf, USUAL, withType } from "./strategy.ts";

const wanted = {
  project: "default",
  name: "greeter",
  artifact: "greeter",
  version: "1.10",
  environment: "production",
  config: {},
  route: { path: "/greeter" },
  strategy: undefined,
  labels: {},
};

/** As `sluice apply` reads it: every document by the schema of its kind. */
const read = (text: string) => parseAllDocuments(text).map((document) => document.toJS());
const deployment = (text: string) => RESOURCE_SCHEMAS.Deployment.parse(read(text).at(-1));

test("is what apply takes, and a version that looks like a number stays a text", () => {
  expect(deployment(manifestText(wanted))).toMatchObject({ version: "1.10", config: { replicas: 1 } });
});

test("says every strategy in a way that apply takes", () => {
  for (const type of STRATEGY_TYPES) {
    const strategy = strategyOf(withType(USUAL, type));
    expect(deployment(manifestText({ ...wanted, strategy })).strategy?.type).toBe(type);
  }
  const steps = [newStep("setWeight", { amount: "0.25" }), newStep("approval", { amount: "2" }), newStep("switch")];
  const strategy = strategyOf({ ...withType(USUAL, "canary"), steps });
  expect(deployment(manifestText({ ...wanted, strategy })).strategy).toMatchObject({
    steps: [{ setWeight: 0.25 }, {}, {}],
  });
});

test("registers on the way what is not registered, and names a project of one's own", () => {
  const template = { artifactKind: "pipeline" as const, spec: { template: "process-topk-v1" } };
  const [artifact, version, last] = read(manifestText({ ...wanted, project: "search", template }));
  expect(RESOURCE_SCHEMAS.Artifact.parse(artifact)).toMatchObject({ artifactKind: "pipeline", project: "search" });
  expect(RESOURCE_SCHEMAS.Version.parse(version)).toMatchObject({ spec: { template: "process-topk-v1" } });
  expect(RESOURCE_SCHEMAS.Deployment.parse(last)).toMatchObject({ project: "search" });
});

test("comes back as it was meant, whatever stands in variables and labels", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  const name = fc
    .stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/)
    .filter((key) => key !== "PORT" && !key.startsWith("SLUICE_"));
  fc.assert(
    fc.property(fc.dictionary(name, text, { noNullPrototype: true }), fc.nat({ max: 1_000 }), (env, replicas) => {
      const config = { env, replicas };
      const labels = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, value.slice(0, 100)]));
      const found = deployment(manifestText({ ...wanted, config, labels }));
      expect(found.config).toEqual(configSchema.parse(config));
      expect(found.labels).toEqual(labels);
    }),
  );
});
