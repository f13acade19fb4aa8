import { expect, test } from "vitest";
import { compileJsonSchema } from "../json-schema.ts";
import { manifestJsonSchema } from "./manifest.json-schema.ts";

const problems = compileJsonSchema(manifestJsonSchema());

const DEPLOYMENT = {
  kind: "Deployment",
  name: "greeter",
  artifact: "greeter",
  version: "1.0.0",
  environment: "production",
  config: { replicas: 2, healthCheck: { path: "/healthz" } },
  route: { path: "/greeter" },
  strategy: { type: "canary", steps: [{ setWeight: 5 }, { analyze: { seconds: 10 } }] },
};

test("what apply reads is valid, with everything left out that has a default", () => {
  expect(problems(DEPLOYMENT)).toEqual([]);
  expect(problems({ kind: "Artifact", name: "greeter", artifactKind: "application" })).toEqual([]);
  expect(problems({ kind: "Environment", name: "qa" })).toEqual([]);
  const version = { kind: "Version", artifact: "greeter", version: "1" };
  expect(problems({ ...version, spec: { command: ["node"] } })).toEqual([]);
  expect(problems({ ...version, spec: { text: "Hello" } })).toEqual([]);
});

test("what is wrong is named where it is", () => {
  expect(problems({ ...DEPLOYMENT, kind: "Deploymnt" }).join()).toContain("kind");
  expect(problems({ ...DEPLOYMENT, config: { replicas: -1 } }).join()).toContain("replicas");
  expect(problems({ ...DEPLOYMENT, colour: "blue" }).join()).toContain("colour");
  expect(problems({ kind: "Version", artifact: "greeter", version: "1", spec: { commnd: [] } })).not.toEqual([]);
  expect(problems({ ...DEPLOYMENT, strategy: { type: "canary", steps: [{ setWeight: 101 }] } })).not.toEqual([]);
});
