import type { Json } from "../json.ts";

/** Parameters that every template of the catalogue takes. */
export const COMMON_PARAMETERS: Record<string, Json> = {
  collect_host: {
    type: "boolean",
    default: true,
    description: "Measure the processes of the node; otherwise only what applications send is taken.",
  },
  interval_seconds: {
    type: "integer",
    minimum: 1,
    maximum: 3_600,
    default: 10,
    description: "Seconds between two measurements of the node's processes.",
  },
  export_to: {
    type: "string",
    maxLength: 2_048,
    format: "uri",
    pattern: "^https?://[^/@$]+(/[^$]*)?$",
    description:
      "Where metrics go: an address that takes OTLP over HTTP. Left out, they are shown by the instances only.",
  },
  max_error_rate: {
    type: "number",
    minimum: 0,
    maximum: 1,
    default: 0.05,
    description: "Share of data points that may fail before a new collector counts as broken and is taken back.",
  },
};

const processNames = (description: string): Json => ({
  type: "array",
  items: { type: "string", minLength: 1, maxLength: 255 },
  maxItems: 1_000,
  uniqueItems: true,
  description: `${description} \`*\` stands for any characters.`,
});

export const CRITICAL_PROCESSES = processNames("Names of programs that always pass.");
export const HIGH_PROCESSES = processNames("Names of programs of high priority.");
export const LOW_PROCESSES = processNames("Names of programs of low priority.");

export const RANK_BY: Json = {
  type: "string",
  enum: ["cpu", "memory"],
  default: "cpu",
  description: "What makes a process important: the processor time it takes, or its memory.",
};

export const REFRESH_SECONDS: Json = {
  type: "integer",
  minimum: 1,
  maximum: 86_400,
  default: 30,
  description: "Seconds between two choices of the processes that pass.",
};
