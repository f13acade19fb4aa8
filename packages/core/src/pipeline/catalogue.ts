import type { PipelineTemplate } from "./pipeline.types.ts";
import { ADAPTIVE } from "./templates/adaptive.ts";
import { BASELINE } from "./templates/baseline.ts";
import { PRIORITY_FILTER } from "./templates/priority.filter.ts";
import { TOPK } from "./templates/topk.ts";

/** The pipelines that Sluice knows without being told. */
export const PIPELINE_TEMPLATES: readonly PipelineTemplate[] = [TOPK, BASELINE, PRIORITY_FILTER, ADAPTIVE];

export const findPipelineTemplate = (name: string): PipelineTemplate | undefined =>
  PIPELINE_TEMPLATES.find((template) => template.name === name);
