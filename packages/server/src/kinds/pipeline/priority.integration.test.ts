import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  message,
  OTELCOL,
  type PipelineServer,
  startPipelineServer,
  WITHOUT_OTELCOL,
} from "./testing/pipeline.server.ts";

const BASE = "/api/v1/pipelines/deployments";

describe.skipIf(OTELCOL === null)(`pipelines that the collector does alone (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  let server: PipelineServer;

  beforeAll(async () => {
    server = await startPipelineServer();
  });
  afterAll(() => server?.clear());

  /** What leaves a pipeline that five programs are told to. */
  async function outputOf(pipeline: string, parameters: object): Promise<string[]> {
    const { deployment_id: id } = await server.call<{ deployment_id: string }>("POST", BASE, {
      pipeline_name: pipeline,
      deployment_name: pipeline,
      namespace: "default",
      environment: "development",
      target_nodes: { tier: "frontend" },
      parameters: { ...parameters, collect_host: false },
      strategy: { type: "immediate" },
    });
    const { endpoint } = await server.settled(id);
    let lines: string[] = [];
    await expect
      .poll(async () => {
        const use = { nginx: 1, "python3.12": 1, cron: 1, bash: 1, "nginx-fake": 1 };
        await fetch(`${endpoint}/v1/metrics`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(message(use, 1)),
        }).then((response) => response.arrayBuffer());
        lines = (await (await fetch(`${endpoint}/metrics`)).text()).split("\n").filter((line) => line !== "");
        return lines.length;
      })
      .toBeGreaterThan(0);
    return [
      ...new Set(
        lines.map((line) => {
          const [, priority = "none"] = /process_priority="(\w+)"/.exec(line) ?? [];
          const [, program = ""] = /process_executable_name="([^"]+)"/.exec(line) ?? [];
          const [, node = ""] = /sluice_node="([^"]+)"/.exec(line) ?? [];
          return `${program} ${priority} on ${node}`;
        }),
      ),
    ].toSorted();
  }

  test("the priority filter labels programs and drops what is below the least priority", async () => {
    const lists = { critical_processes: ["nginx"], high_processes: ["python*"], low_processes: ["cron"] };
    expect(await outputOf("process-priority-filter-v1", { ...lists, minimum_priority: "high" })).toEqual([
      "nginx critical on local",
      "python3.12 high on local",
    ]);
  });

  test("the baseline passes everything", async () => {
    expect(await outputOf("process-baseline-v1", {})).toEqual(
      ["bash", "cron", "nginx", "nginx-fake", "python3.12"].map((program) => `${program} none on local`),
    );
  });
});
