import { processCollector, SELECTION, VOLATILE_ATTRIBUTES } from "../collector.config.ts";
import { COMMON_PARAMETERS, CRITICAL_PROCESSES, RANK_BY, REFRESH_SECONDS } from "../common.parameters.ts";
import type { PipelineTemplate } from "../pipeline.types.ts";
import { commonOf, namesAt, numberAt } from "../read.parameters.ts";

/** As `process-topk-v1`, but how many programs pass follows from how many time series they make. */
export const ADAPTIVE: PipelineTemplate = {
  name: "process-adaptive-v1",
  version: "1.0.0",
  description: "Passes metrics of as many important programs as a budget of time series allows, and of critical ones.",
  schema: {
    type: "object",
    properties: {
      max_cardinality: {
        type: "integer",
        minimum: 1,
        maximum: 10_000_000,
        default: 1_000,
        description: "Time series of processes that one collector may pass; critical programs may exceed it.",
      },
      critical_processes: CRITICAL_PROCESSES,
      rank_by: RANK_BY,
      refresh_seconds: REFRESH_SECONDS,
      ...COMMON_PARAMETERS,
    },
    additionalProperties: false,
  },
  example: { max_cardinality: 500, critical_processes: ["nginx"] },
  render(parameters) {
    const { collectHost, maxErrorRate, ...rest } = commonOf(parameters);
    const processors = { "filter/selection": SELECTION, "resource/lean": VOLATILE_ATTRIBUTES };
    return {
      collector: processCollector({ ...rest, processors, observed: true }),
      selection: {
        rankBy: parameters.rank_by === "memory" ? "memory" : "cpu",
        limit: { series: numberAt(parameters, "max_cardinality", 1_000) },
        always: namesAt(parameters, "critical_processes"),
        refreshSeconds: numberAt(parameters, "refresh_seconds", 30),
      },
      collectHost,
      maxErrorRate,
      intervalSeconds: rest.intervalSeconds,
    };
  },
};
