import { processCollector } from "../collector.config.ts";
import { COMMON_PARAMETERS } from "../common.parameters.ts";
import type { PipelineTemplate } from "../pipeline.types.ts";
import { commonOf } from "../read.parameters.ts";

/** Everything passes: what the others are compared with, and what to go back to in need. */
export const BASELINE: PipelineTemplate = {
  name: "process-baseline-v1",
  version: "1.0.0",
  description: "Passes metrics of all processes unchanged: the baseline that reductions are compared with.",
  schema: { type: "object", properties: COMMON_PARAMETERS, additionalProperties: false },
  example: { interval_seconds: 15 },
  render(parameters) {
    const { collectHost, maxErrorRate, ...rest } = commonOf(parameters);
    return {
      collector: processCollector({ ...rest, processors: {}, observed: false }),
      selection: null,
      collectHost,
      maxErrorRate,
      intervalSeconds: rest.intervalSeconds,
    };
  },
};
