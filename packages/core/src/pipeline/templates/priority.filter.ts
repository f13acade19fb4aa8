import type { Json } from "../../json.ts";
import { processCollector, RESOURCE_NAME, VOLATILE_ATTRIBUTES } from "../collector.config.ts";
import { COMMON_PARAMETERS, CRITICAL_PROCESSES, HIGH_PROCESSES, LOW_PROCESSES } from "../common.parameters.ts";
import type { PipelineTemplate } from "../pipeline.types.ts";
import { isOtherProcess, nameExpression, OF_DATAPOINT, OF_RESOURCE, ottlText } from "../process-names.ts";
import { commonOf, namesAt } from "../read.parameters.ts";

const PRIORITIES = ["critical", "high", "normal", "low"] as const;
type Priority = (typeof PRIORITIES)[number];

const PRIORITY = "process.priority";

/** Fixed lists say how important a program is; those below the least priority do not pass. */
export const PRIORITY_FILTER: PipelineTemplate = {
  name: "process-priority-filter-v1",
  version: "1.0.0",
  description:
    "Labels processes with a priority by the name of their program, and passes those that are important enough.",
  schema: {
    type: "object",
    properties: {
      critical_processes: CRITICAL_PROCESSES,
      high_processes: HIGH_PROCESSES,
      low_processes: LOW_PROCESSES,
      minimum_priority: {
        type: "string",
        enum: [...PRIORITIES],
        default: "high",
        description: "Programs of a lower priority do not pass; those in no list have the priority `normal`.",
      },
      ...COMMON_PARAMETERS,
    },
    additionalProperties: false,
  },
  example: { critical_processes: ["nginx", "envoy"], high_processes: ["python*"], minimum_priority: "high" },
  render(parameters) {
    const { collectHost, maxErrorRate, ...rest } = commonOf(parameters);
    const lists = {
      critical: namesAt(parameters, "critical_processes"),
      high: namesAt(parameters, "high_processes"),
      low: namesAt(parameters, "low_processes"),
    };
    const least = PRIORITIES.find((priority) => priority === parameters.minimum_priority) ?? "high";
    const processors = {
      "transform/priority": labels(lists),
      "filter/priority": filter(lists, least),
      "resource/lean": VOLATILE_ATTRIBUTES,
    };
    return {
      collector: processCollector({ ...rest, processors, observed: false }),
      selection: null,
      collectHost,
      maxErrorRate,
      intervalSeconds: rest.intervalSeconds,
    };
  },
};

type Lists = Readonly<Record<Exclude<Priority, "normal">, string[]>>;

/** From the least important on, so that the most important list that names a program wins. */
function labels({ critical, high, low }: Lists): Json {
  const label = (priority: Priority, where: string): string =>
    `set(attributes["${PRIORITY}"], "${priority}") where ${where}`;
  const named = (names: string[]): string => `IsMatch(${RESOURCE_NAME}, ${ottlText(nameExpression(names))})`;
  const isProcess = `${RESOURCE_NAME} != nil`;
  return {
    error_mode: "ignore",
    metric_statements: [
      {
        context: "resource",
        statements: [
          label("normal", isProcess),
          label("low", `${isProcess} and ${named(low)}`),
          label("high", `${isProcess} and ${named(high)}`),
          label("critical", `${isProcess} and ${named(critical)}`),
        ],
      },
    ],
  };
}

/** What is about no process at all passes. */
function filter({ critical, high, low }: Lists, least: Priority): Json {
  const important = [...critical, ...high];
  const dropped = (attribute: string): string[] => {
    if (least === "low") return [];
    if (least !== "normal") return [isOtherProcess(attribute, least === "critical" ? critical : important)];
    const isLow = `${attribute} != nil and IsMatch(${attribute}, ${ottlText(nameExpression(low))})`;
    return [`${isLow} and not IsMatch(${attribute}, ${ottlText(nameExpression(important))})`];
  };
  // A filter needs a condition; this one is never true.
  const orNothing = (conditions: string[]): string[] => (conditions.length === 0 ? ['name == ""'] : conditions);
  return {
    error_mode: "ignore",
    metrics: { metric: orNothing(dropped(OF_RESOURCE)), datapoint: dropped(OF_DATAPOINT) },
  };
}
