import { fileURLToPath } from "node:url";
import type { RevisionFile } from "@sluice/collector";
import {
  cpuCores,
  type DeploymentConfig,
  memoryMb,
  mergedParameters,
  type PipelineResource,
  type PipelineSpec,
  renderPipeline,
  SluiceError,
  type TargetOf,
} from "@sluice/core";
import { allNodes } from "../../node/node.service.ts";
import type { Make, MakingDeps } from "../making.ts";
import { findOtelcol, NO_OTELCOL } from "./otelcol.program.ts";
import { pipelineFolder, putPlan, putRevision } from "./pipeline.folder.ts";
import { planOf } from "./pipeline.nodes.ts";
import { livingPipelines, pipelineAt, type StoredPipeline } from "./pipeline.store.ts";

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
  async ({ deployment, revision, name, spec, config: asked, target }) => {
    if (!("template" in spec || "config" in spec) || !("parameters" in spec) || "messages" in spec)
      throw new SluiceError("failed_precondition", `the version of ${name} holds no pipeline`);
    if (target.type === "kubernetes") {
      const stored = await pipelineAt(db, deployment);
      return { env: {}, recipe: { type: "pipeline", spec: resourceSpec(spec, asked, { stored, target }) } };
    }
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

interface Where {
  stored: Pick<StoredPipeline, "targetNodes" | "selector" | "replicas"> | null;
  target: TargetOf<"kubernetes">;
}

/** What the operator in a cluster is asked for. */
export function resourceSpec(
  { template, config, parameters }: PipelineSpec,
  asked: Pick<DeploymentConfig, "parameters" | "resources">,
  { stored, target }: Where,
): Omit<PipelineResource, "maxNodes"> {
  return {
    ...(template === undefined ? { config } : { pipeline: template }),
    parameters: mergedParameters({ parameters }, asked.parameters),
    variant: "production",
    nodeSelector: { ...target.nodeSelector, ...stored?.targetNodes },
    ...(stored?.selector != null && { selector: stored.selector }),
    replicas: stored?.replicas ?? 1,
    resources: asked.resources,
    tolerations: [],
    updateStrategy: { maxUnavailable: 1 },
  };
}

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
