import type { Artifact, Deployment, Version } from "@sluice/client";
import { configSchema, PIPELINE_TEMPLATES } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { askedBy, schemaOf } from "./asked.ts";
import { draftFrom } from "./draft.ts";
import { pairsOf } from "./text.ts";

const artifact = (kind: Artifact["kind"]): Artifact => ({
  id: "art_1",
  project: "default",
  name: "greeter",
  kind,
  labels: {},
  latestVersion: "1.1.0",
  createdAt: "2026-11-22T10:00:00Z",
});
const version = (spec: Version["spec"]): Version => ({
  id: "ver_1",
  artifact: "greeter",
  version: "1.1.0",
  digest: "sha256:1",
  spec,
  source: null,
  createdAt: "2026-11-22T10:00:00Z",
  createdBy: "ada",
});
const target: Deployment = JSON.parse(
  JSON.stringify({
    id: "dep_1",
    name: "canteen",
    config: configSchema.parse({ replicas: 2, parameters: { top_k: 5 } }),
    route: { path: "/canteen" },
    labels: { team: "search" },
  }),
);
const written = {
  draft: draftFrom(undefined, { name: "greeter", path: "/greeter" }),
  project: "default",
  artifact: artifact("application"),
  version: version({ command: ["node"] }),
  environment: "production",
  target: null,
  base: undefined,
  parameters: null,
  baseline: { requests: "", errors: "" },
};

describe("what is written comes to", () => {
  test("a new deployment, planned as it is sent", () => {
    const { send, plan, blanks } = askedBy(written);
    expect(send).toEqual({ create: plan });
    expect(blanks).toEqual([]);
  });

  test("a change of the one that is there, and its text keeps its own route and labels", () => {
    const draft = { ...draftFrom(target.config, { name: "", path: "" }), replicas: "3" };
    const asked = askedBy({ ...written, draft, target, base: target.config });
    expect(asked.send).toEqual({ id: "dep_1", update: { version: "1.1.0", config: { replicas: 3 } } });
    expect(asked.plan).toMatchObject({ deployment: "dep_1", version: "1.1.0" });
    expect(asked.replicas).toBe(3);
    expect(asked.manifest).toMatch(/name: canteen\n[\s\S]*path: \/canteen\n[\s\S]*team: search/);
  });

  test("a plan with today's traffic, where it is told", () => {
    expect(askedBy({ ...written, baseline: { requests: "200", errors: "0.5" } }).plan).toMatchObject({
      baseline: { requestsPerSecond: 200, errorRate: 0.005 },
    });
    expect(askedBy({ ...written, baseline: { requests: "many", errors: "" } }).blanks).toEqual([
      "baseline.requestsPerSecond",
    ]);
  });

  test("parameters in the types of the template, or as they are written where no schema names them", () => {
    const pipeline = { ...written, artifact: artifact("pipeline"), version: version({ template: "process-topk-v1" }) };
    const parameters = { top_k: "7", mine: "x" };
    const draft = { ...written.draft, parameters, freeParameters: pairsOf(parameters) };
    const schema = PIPELINE_TEMPLATES.find(({ name }) => name === "process-topk-v1")?.schema;
    const known = askedBy({ ...pipeline, draft, parameters: schemaOf(pipeline.version, schema) });
    expect(known.send).toMatchObject({ create: { config: { parameters: { top_k: 7 } } } });
    expect(askedBy({ ...pipeline, draft }).send).toMatchObject({
      create: { config: { parameters: { top_k: 7, mine: "x" } } },
    });
  });
});
