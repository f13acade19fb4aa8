import { configSchema, VERSION_SPECS } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { admitPipeline, admitPipelineVersion } from "./pipeline.admission.ts";
import { sizeOf } from "./pipeline.make.ts";
import { rollingStrategy } from "./rolling.strategy.ts";

test("a rolling update has a step and a wait for each node, and ends within two minutes for any that are ready at once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), (nodes) => {
      const strategy = rollingStrategy(nodes);
      if (strategy.type !== "canary" || strategy.steps === null) throw new Error("it has no steps");
      expect(strategy.steps).toHaveLength(Math.min(nodes, 50) * 2);
      const waits = strategy.steps.flatMap((step) =>
        "wait" in step && "seconds" in step.wait ? [step.wait.seconds] : [],
      );
      expect(waits.reduce((sum, seconds) => sum + seconds, strategy.monitoringSeconds)).toBeLessThan(120);
    }),
  );
});

test("parameters are held against the template wherever a deployment comes from", () => {
  const spec = VERSION_SPECS.pipeline.parse({ template: "process-topk-v1" });
  const asked = (config: object) => ({ artifact: "process-topk-v1", spec, config: configSchema.parse(config) });
  expect(() => admitPipeline(asked({ parameters: { top_k: 3 } }))).not.toThrow();
  expect(() => admitPipeline(asked({ parameters: { top_k: -3 } }))).toThrow("config.parameters.top_k is -3");
  expect(() => admitPipeline(asked({ env: { A: "b" } }))).toThrow("a pipeline is set up by parameters");
});

test("a version names a template that exists, or brings its configuration", () => {
  const version = (spec: object) => VERSION_SPECS.pipeline.parse(spec);
  expect(() => admitPipelineVersion(version({ template: "process-magic" }))).toThrow("process-topk-v1");
  expect(() => admitPipelineVersion(version({ config: { service: {} } }))).not.toThrow();
  expect(() => version({ template: "process-topk-v1", config: { service: {} } })).toThrow("exactly one of");
  expect(() => version({ config: { service: {} }, parametersSchema: { type: 5 } })).toThrow("JSON Schema");
  expect(() => version({ config: { service: {} }, parametersSchema: { pattern: "(a+)+" } })).toThrow(
    "without `pattern`",
  );
});

test("a collector may use what the instance's limits leave it", () => {
  const size = (limits: object) => sizeOf(configSchema.parse({ resources: { limits } }));
  expect(size({ cpu: "500m", memory: "512Mi" })).toEqual({ memoryMib: 384, cpus: 0.5 });
  expect(size({ memory: "100Mi" })).toEqual({ memoryMib: 64, cpus: null });
  expect(size({})).toEqual({ memoryMib: 512, cpus: null });
});
