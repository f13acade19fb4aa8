import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { processConfig } from "../../../config.ts";
import { type ServerProcess, serverProcess } from "../../../testing/server.process.ts";
import { findOtelcol } from "../otelcol.program.ts";
import type { PipelineDetail } from "../pipeline.schema.ts";

const usual = processConfig().programEnv.PATH ?? "";

/** The collector on PATH, else the one that test/otelcol/build.sh has built; null when there is neither. */
export const OTELCOL =
  (await findOtelcol(usual)) ?? (await findOtelcol(join(homedir(), ".cache", "sluice", "otelcol")));

export const WITHOUT_OTELCOL = "left out: otelcol is neither on PATH nor built by test/otelcol/build.sh";

if (OTELCOL === null) process.stderr.write(`${WITHOUT_OTELCOL}\n`);

/** PATH of servers that are to find the collector. */
export const PATH_WITH_OTELCOL = OTELCOL === null ? usual : `${dirname(OTELCOL)}${delimiter}${usual}`;

const BASE = "/api/v1/pipelines/deployments";

export interface PipelineServer extends ServerProcess {
  dataDir: string;
  get(id: string): Promise<PipelineDetail>;
  /** What it was last is told when it does not come to that. */
  until(id: string, holds: (deployment: PipelineDetail) => boolean): Promise<PipelineDetail>;
  /** Once nothing goes on: it serves, or it failed. */
  settled(id: string): Promise<PipelineDetail>;
  /** Stops everything and removes what is left. */
  clear(): Promise<void>;
}

const LONGEST_MS = 150_000;

/** A real server with a real collector, whose machine is a frontend node in production. */
export async function startPipelineServer(): Promise<PipelineServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-pipelines-"));
  const server = await serverProcess(dataDir, {
    PATH: PATH_WITH_OTELCOL,
    SLUICE_NODE_LABELS: "environment=production,tier=frontend",
  });
  const clear = async (): Promise<void> => {
    await server.kill();
    await server.down();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  await server.start().catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  const get = (id: string): Promise<PipelineDetail> => server.call<PipelineDetail>("GET", `${BASE}/${id}`);
  const until: PipelineServer["until"] = async (id, holds) => {
    const end = Date.now() + LONGEST_MS;
    for (;;) {
      const deployment = await get(id);
      if (holds(deployment)) return deployment;
      if (Date.now() > end) throw new Error(`it did not come to that: ${JSON.stringify(deployment)}\n${server.output}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  return Object.assign(server, {
    dataDir,
    get,
    until,
    settled: (id: string) => until(id, ({ status }) => status === "active" || status === "failed"),
    clear,
  });
}

/** An OTLP message of processor time by program: `use` grows by its numbers with every round. */
export const message = (use: Readonly<Record<string, number>>, round: number): object => ({
  resourceMetrics: Object.entries(use).map(([program, growth], index) => ({
    resource: {
      attributes: [
        { key: "process.executable.name", value: { stringValue: program } },
        { key: "process.pid", value: { intValue: String(index + 1) } },
      ],
    },
    scopeMetrics: [
      {
        metrics: ["user", "system"].map((state) => ({
          name: "process.cpu.time",
          sum: {
            aggregationTemporality: 2,
            isMonotonic: true,
            dataPoints: [
              {
                attributes: [{ key: "state", value: { stringValue: state } }],
                asDouble: growth * round,
                timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
              },
            ],
          },
        })),
      },
    ],
  })),
});
