import { PIPELINE_TEMPLATES, renderPipeline } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { validateCollector } from "./pipeline.checks.ts";
import { OTELCOL, WITHOUT_OTELCOL } from "./testing/pipeline.server.ts";

const PARAMETERS: Readonly<Record<string, object[]>> = {
  "process-topk-v1": [{ top_k: 1, rank_by: "memory", refresh_seconds: 1, critical_processes: ['odd "name"\\$', "a*"] }],
  "process-priority-filter-v1": [
    { minimum_priority: "critical", critical_processes: ["nginx"] },
    { minimum_priority: "normal", low_processes: ["cron"], high_processes: ["nginx"] },
    { minimum_priority: "low" },
  ],
};

const CASES = PIPELINE_TEMPLATES.flatMap(({ name, example }) =>
  [{}, example, { collect_host: false, export_to: "https://metrics.example/otlp" }, ...(PARAMETERS[name] ?? [])].map(
    (parameters) => ({ name, parameters: { ...parameters } }),
  ),
);

describe.skipIf(OTELCOL === null)(`a real collector (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  test.each(CASES)("accepts $name with $parameters", async ({ name, parameters }) => {
    const { collector } = renderPipeline({ template: name, parameters: {} }, parameters);
    expect(await validateCollector(OTELCOL ?? "", collector)).toBeNull();
  });

  test("says what is wrong with a configuration that it refuses", async () => {
    const { collector } = renderPipeline(
      {
        config: {
          receivers: { nothing: {} },
          service: { pipelines: { metrics: { receivers: ["nothing"], exporters: [] } } },
        },
        parameters: {},
      },
      {},
    );
    expect(await validateCollector(OTELCOL ?? "", collector)).toContain("nothing");
  });
});
