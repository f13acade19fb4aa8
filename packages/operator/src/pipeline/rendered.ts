import { cpuCores, digestOf, memoryMb, type PipelineResource, renderPipeline } from "@sluice/core";

export interface Rendered {
  /** What the collector's program reads. */
  content: string;
  /** Short, and the same for the same content. */
  digest: string;
  /** Whether the processes of the node are measured. */
  collectHost: boolean;
}

/** What the program around the collector uses itself, in mebibytes. */
const AROUND_MIB = 128;
const LEAST_MIB = 64;
const UNLIMITED_MIB = 512;

/** What runs on a node. Throws `invalid_argument` naming each parameter that does not suit the pipeline. */
export function render(spec: PipelineResource): Rendered {
  const { pipeline: template, config, parameters, resources } = spec;
  const rendered = renderPipeline(
    { ...(config === undefined ? { template } : { config }), parameters: {} },
    parameters,
    "spec.parameters",
  );
  const memory = resources.limits?.memory === undefined ? null : memoryMb(resources.limits.memory);
  const cpus = resources.limits?.cpu === undefined ? null : cpuCores(resources.limits.cpu);
  const memoryMib = memory === null ? UNLIMITED_MIB : Math.max(LEAST_MIB, Math.floor(memory) - AROUND_MIB);
  const content = { otelcol: "otelcol", ...rendered, memoryMib, cpus };
  return {
    content: JSON.stringify(content, null, 2),
    digest: digestOf(content).slice(-10),
    collectHost: rendered.collectHost,
  };
}
