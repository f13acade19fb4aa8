import type { Json } from "../json.ts";
import { COLLECTOR_VARIABLES, NODE_FILE, OBSERVED, RECEIVERS_FILE, SELECTION_FILE, SINK } from "./collector.names.ts";
import type { CollectorConfig } from "./pipeline.types.ts";
import { PROCESS_NAME } from "./process-names.ts";

const env = (name: keyof typeof COLLECTOR_VARIABLES): string => `\${env:${COLLECTOR_VARIABLES[name]}}`;
const file = (name: string): string => `\${file:${env("folder")}/${name}}`;

export const SELECTION: Json = file(SELECTION_FILE);

interface Parts {
  /** Processors of the template's own, in order. */
  processors: Record<string, Json>;
  intervalSeconds: number;
  /** Address that takes OTLP over HTTP, beside what the node shows itself. */
  exportTo: string | null;
  /** What is observed to choose from also goes there unfiltered. */
  observed: boolean;
}

/** A collector for metrics of processes, with a template's processors between what every one has. */
export function processCollector({ processors, intervalSeconds, exportTo, observed }: Parts): CollectorConfig {
  const destination: Record<string, Json> =
    exportTo === null ? {} : { "otlp_http/destination": { endpoint: exportTo } };
  const watch: Record<string, Json> = { [OBSERVED]: local("observed") };
  return {
    receivers: {
      otlp: { protocols: { http: { endpoint: env("intake") } } },
      host_metrics: {
        collection_interval: `${intervalSeconds}s`,
        scrapers: { process: { mute_process_all_errors: true } },
      },
    },
    processors: {
      memory_limiter: { check_interval: "1s", limit_mib: env("memoryMib"), spike_limit_percentage: 20 },
      "resource/node": { attributes: [{ key: "sluice.node", value: file(NODE_FILE), action: "upsert" }] },
      ...processors,
      batch: { timeout: "1s" },
    },
    exporters: { ...destination, ...(observed ? watch : {}) },
    service: {
      pipelines: {
        metrics: {
          receivers: file(RECEIVERS_FILE),
          processors: ["memory_limiter", "resource/node", ...Object.keys(processors), "batch"],
          exporters: Object.keys(destination),
        },
        ...(observed && {
          "metrics/observed": {
            receivers: file(RECEIVERS_FILE),
            processors: ["memory_limiter", "batch"],
            exporters: Object.keys(watch),
          },
        }),
      },
    },
  };
}

/** Adds what figures are read from: the collector's own telemetry, and a counter behind every pipeline of metrics. */
export function withFigures(config: CollectorConfig): CollectorConfig {
  const service = objectAt(config, "service");
  const pipelines = Object.entries(objectAt(service, "pipelines")).map(([name, pipeline]): [string, Json] => {
    const counted = /^metrics(\/|$)/.test(name) && name !== "metrics/observed" && isObject(pipeline);
    return [name, counted ? { ...pipeline, exporters: [...listAt(pipeline, "exporters"), SINK] } : pipeline];
  });
  return {
    ...config,
    exporters: { ...objectAt(config, "exporters"), [SINK]: local("output") },
    service: { ...service, pipelines: Object.fromEntries(pipelines), telemetry: TELEMETRY },
  };
}

/** Nobody misses what these exporters lose. */
const local = (path: string): Json => ({
  endpoint: `${env("sink")}/${path}`,
  encoding: "json",
  compression: "none",
  retry_on_failure: { enabled: false },
});

const TELEMETRY: Json = {
  logs: { level: "info" },
  metrics: {
    level: "normal",
    readers: [{ pull: { exporter: { prometheus: { host: "127.0.0.1", port: env("telemetryPort") } } } }],
  },
};

const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function objectAt(config: Record<string, Json>, name: string): Record<string, Json> {
  const value = config[name];
  return isObject(value) ? value : {};
}

function listAt(config: Record<string, Json>, name: string): Json[] {
  const value = config[name];
  return Array.isArray(value) ? value : [];
}

/** Attributes that give every start of a program series of its own. */
export const VOLATILE_ATTRIBUTES: Json = {
  attributes: ["process.command", "process.command_line", "process.executable.path", "process.parent_pid"].map(
    (key) => ({ key, action: "delete" }),
  ),
};

export const RESOURCE_NAME = `attributes["${PROCESS_NAME}"]`;
