import { processCollector, SELECTION, VOLATILE_ATTRIBUTES } from "../collector.config.ts";
import { COMMON_PARAMETERS, CRITICAL_PROCESSES, RANK_BY, REFRESH_SECONDS } from "../common.parameters.ts";
import type { PipelineTemplate } from "../pipeline.types.ts";
import { commonOf, namesAt, numberAt } from "../read.parameters.ts";

/**
 * No processor of the collector ranks processes. A second pipeline shows the instance's supervisor what all of them do;
 * it ranks them and writes the filter of the first one.
 */
export const TOPK: PipelineTemplate = {
  name: "process-topk-v1",
  version: "1.0.0",
  description: "Passes metrics of the programs that use most processor time or memory, and of critical ones.",
  schema: {
    type: "object",
    properties: {
      top_k: { type: "integer", minimum: 1, maximum: 1_000, default: 20, description: "How many programs pass." },
      critical_processes: CRITICAL_PROCESSES,
      rank_by: RANK_BY,
      refresh_seconds: REFRESH_SECONDS,
      ...COMMON_PARAMETERS,
    },
    additionalProperties: false,
  },
  example: { top_k: 20, critical_processes: ["nginx", "envoy", "app-server"] },
  render(parameters) {
    const { collectHost, maxErrorRate, ...rest } = commonOf(parameters);
    const processors = { "filter/selection": SELECTION, "resource/lean": VOLATILE_ATTRIBUTES };
    return {
      collector: processCollector({ ...rest, processors, observed: true }),
      selection: {
        rankBy: parameters.rank_by === "memory" ? "memory" : "cpu",
        limit: { programs: numberAt(parameters, "top_k", 20) },
        always: namesAt(parameters, "critical_processes"),
        refreshSeconds: numberAt(parameters, "refresh_seconds", 30),
      },
      collectHost,
      maxErrorRate,
      intervalSeconds: rest.intervalSeconds,
    };
  },
};
