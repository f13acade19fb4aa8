import { fileURLToPath } from "node:url";
import type { RevisionFile } from "@sluice/collector";
import { cpuCores, type DeploymentConfig, memoryMb, renderPipeline, SluiceError } from "@sluice/core";
import { allNodes } from "../../node/node.service.ts";
import type { Make, MakingDeps } from "../making.ts";
import { findOtelcol, NO_OTELCOL } from "./otelcol.program.ts";
import { pipelineFolder, putPlan, putRevision } from "./pipeline.folder.ts";
import { planOf } from "./pipeline.nodes.ts";
import { livingPipelines } from "./pipeline.store.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.resolve("@sluice/collector")));

/** What the program around the collector uses itself. */
const AROUND_MIB = 128;
const LEAST_MIB = 64;
const UNLIMITED_MIB = 512;

/**
 * A version of a pipeline becomes a program that runs one collector with the rendered configuration. What it needs is put
 * into the deployment's folder first.
 */
export const createPipelineMake =
  ({ db, config }: Pick<MakingDeps, "db" | "config">): Make =>
  async ({ deployment, revision, name, spec, config: asked }) => {
    if (!("template" in spec || "config" in spec) || !("parameters" in spec) || "messages" in spec)
      throw new SluiceError("failed_precondition", `the version of ${name} holds no pipeline`);
    const otelcol = await findOtelcol(config.programEnv.PATH ?? "");
    if (otelcol === null) throw new SluiceError("failed_precondition", NO_OTELCOL);
    const folder = pipelineFolder(config.dataDir, deployment);
    const rendered = renderPipeline(spec, asked.parameters);
    await putRevision(folder, revision, { otelcol, ...rendered, ...sizeOf(asked) });
    const [living] = await livingPipelines(db, deployment);
    if (living !== undefined) await putPlan(folder, planOf(living, await allNodes(db, config)));
    const flags = ["--disable-warning=ExperimentalWarning", "--max-old-space-size=256"];
    return { command: [process.execPath, ...flags, MAIN, folder, String(revision)], env: {} };
  };

/** How much the collector may use: the instance's limits, less what is around it. */
export function sizeOf({
  resources: { limits },
}: Pick<DeploymentConfig, "resources">): Pick<RevisionFile, "memoryMib" | "cpus"> {
  const memory = limits?.memory === undefined ? null : memoryMb(limits.memory);
  return {
    memoryMib: memory === null ? UNLIMITED_MIB : Math.max(LEAST_MIB, Math.floor(memory) - AROUND_MIB),
    cpus: limits?.cpu === undefined ? null : cpuCores(limits.cpu),
  };
}
