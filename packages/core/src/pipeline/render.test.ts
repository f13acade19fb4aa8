import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { PIPELINE_TEMPLATES } from "./catalogue.ts";
import { renderPipeline } from "./render.ts";

const topk = { template: "process-topk-v1", parameters: {} };

function refused(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (error instanceof SluiceError) return { code: error.code, violations: error.violations };
    throw error;
  }
  throw new Error("it was not refused");
}

test("the catalogue has the four pipelines, each with a description, a schema and parameters that suit it", () => {
  expect(PIPELINE_TEMPLATES.map(({ name }) => name)).toEqual([
    "process-topk-v1",
    "process-baseline-v1",
    "process-priority-filter-v1",
    "process-adaptive-v1",
  ]);
  for (const { name, description, example } of PIPELINE_TEMPLATES) {
    expect(description.length).toBeGreaterThan(20);
    expect(() => renderPipeline({ template: name, parameters: {} }, example)).not.toThrow();
  }
});

test("every rendered pipeline counts what leaves it, and tells its own figures", () => {
  for (const { name } of PIPELINE_TEMPLATES) {
    const { collector } = renderPipeline({ template: name, parameters: {} }, { export_to: "http://10.0.0.1:4318" });
    expect(collector).toMatchObject({
      exporters: { "otlp_http/sluice": {}, "otlp_http/destination": { endpoint: "http://10.0.0.1:4318" } },
      service: {
        pipelines: { metrics: { exporters: ["otlp_http/destination", "otlp_http/sluice"] } },
        telemetry: { metrics: { level: "normal" } },
      },
    });
  }
});

test("top-k asks for the ranking that its parameters say", () => {
  const { selection, collector } = renderPipeline(topk, {
    top_k: 25,
    critical_processes: ["nginx"],
    rank_by: "memory",
  });
  expect(selection).toEqual({ rankBy: "memory", limit: { programs: 25 }, always: ["nginx"], refreshSeconds: 30 });
  expect(collector).toMatchObject({ service: { pipelines: { "metrics/observed": {} } } });
});

test("parameters of a deployment win over those of the version, and null takes one back", () => {
  const version = { template: "process-topk-v1", parameters: { top_k: 5, rank_by: "memory" } };
  expect(renderPipeline(version, { top_k: 7 }).selection).toMatchObject({ limit: { programs: 7 }, rankBy: "memory" });
  expect(renderPipeline(version, { rank_by: null }).selection).toMatchObject({ rankBy: "cpu" });
});

describe("what is refused", () => {
  test.each([
    [{ top_k: 0 }, "parameters.top_k", 0, ">= 1"],
    [{ top_k: "20" }, "parameters.top_k", "20", "integer"],
    [{ critical_processes: "nginx" }, "parameters.critical_processes", "nginx", "array"],
    [{ critical_processes: [""] }, "parameters.critical_processes.0", "", "NOT have fewer than 1 characters"],
    [{ rank_by: "luck" }, "parameters.rank_by", "luck", '"cpu"'],
    [{ export_to: "ftp://there" }, "parameters.export_to", "ftp://there", "match pattern"],
    [{ export_to: "http://user:secret@there/" }, "parameters.export_to", "http://user:secret@there/", "match pattern"],
    [{ topk: 3 }, "parameters.topk", 3, "one of top_k, critical_processes"],
  ])("%j names the parameter, what was found and what is allowed", (parameters, field, found, allowed) => {
    const { code, violations } = refused(() => renderPipeline(topk, parameters));
    expect(code).toBe("invalid_argument");
    expect(violations).toMatchObject([{ field, found, allowed: expect.stringContaining(allowed) }]);
  });

  test("all that does not suit is named at once", () => {
    const { violations } = refused(() => renderPipeline(topk, { top_k: 0, tpo_k: 3, ciritcal: [], rank_by: "luck" }));
    const fields = violations.map(({ field }) => field).toSorted();
    expect(fields).toEqual(["parameters.ciritcal", "parameters.rank_by", "parameters.top_k", "parameters.tpo_k"]);
  });

  test("an unknown template is answered with those that exist", () => {
    const { violations } = refused(() => renderPipeline({ template: "process-magic", parameters: {} }, {}));
    expect(violations).toMatchObject([{ found: "process-magic", allowed: expect.stringContaining("process-topk-v1") }]);
  });
});

describe("a configuration of one's own", () => {
  const own = {
    parameters: { limit: 5 },
    parametersSchema: { type: "object", properties: { limit: { type: "integer" }, name: { type: "string" } } },
    config: {
      processors: { batch: { send_batch_size: "{{limit}}" }, note: "at {{ name }}, {{limit}}" },
      service: { pipelines: { "metrics/a": { exporters: ["debug"] }, traces: { exporters: ["debug"] } } },
    },
  };

  test("gets its parameters with their types, and its pipelines of metrics are counted", () => {
    expect(renderPipeline(own, { name: "here" }).collector).toMatchObject({
      processors: { batch: { send_batch_size: 5 }, note: "at here, 5" },
      service: {
        pipelines: {
          "metrics/a": { exporters: ["debug", "otlp_http/sluice"] },
          traces: { exporters: ["debug"] },
        },
      },
    });
  });

  test("a parameter that it names and nobody gives is missed by name", () => {
    expect(refused(() => renderPipeline(own, {})).violations).toMatchObject([{ field: "parameters.name" }]);
  });

  test("a parameter that nobody gives is what the schema says, and what is given wins", () => {
    const name = { type: "string", default: "anywhere" };
    const schema = { ...own.parametersSchema, properties: { ...own.parametersSchema.properties, name } };
    const note = (given: Record<string, string>) =>
      renderPipeline({ ...own, parametersSchema: schema }, given).collector.processors;
    expect(note({})).toMatchObject({ note: "at anywhere, 5" });
    expect(note({ name: "here" })).toMatchObject({ note: "at here, 5" });
  });

  test("a parameter cannot read files or variables of the node", () => {
    const { violations } = refused(() => renderPipeline(own, { name: `$${"{file:/etc/passwd}"}` }));
    expect(violations).toMatchObject([{ field: "parameters.name", allowed: "anything without ${" }]);
  });

  test("its schema is held against what is given", () => {
    expect(refused(() => renderPipeline(own, { name: "a", limit: "many" })).violations).toMatchObject([
      { field: "parameters.limit", found: "many" },
    ]);
  });
});
