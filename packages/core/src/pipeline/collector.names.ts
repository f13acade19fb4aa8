/**
 * What the node fills in when the collector starts. Ports are chosen on the node, so configurations name variables and
 * files, which the collector itself reads (its `env` and `file` providers); what is rendered is what runs.
 */
export const COLLECTOR_VARIABLES = {
  /** Where the collector takes OTLP over HTTP; the instance's own port leads there. */
  intake: "SLUICE_OTLP_HTTP",
  /** Where what leaves the pipeline is counted and shown. */
  sink: "SLUICE_SINK",
  telemetryPort: "SLUICE_TELEMETRY_PORT",
  memoryMib: "SLUICE_MEMORY_MIB",
  /** The instance's folder, with the files that follow. */
  folder: "SLUICE_RUN",
} as const;

/** Receivers of this moment: two replicas on one node do not both measure it. */
export const RECEIVERS_FILE = "receivers.json";
/** Settings of the filter for selected processes. */
export const SELECTION_FILE = "selection.json";

/** Name of the node, with which everything is marked. */
export const NODE_FILE = "node.txt";

/** Exporters that end on the node itself, for figures. */
export const SINK = "otlp_http/sluice";
export const OBSERVED = "otlp_http/observed";
