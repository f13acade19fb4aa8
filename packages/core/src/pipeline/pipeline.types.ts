import type { Json } from "../json.ts";

/** The configuration of an OpenTelemetry Collector. */
export type CollectorConfig = Record<string, Json>;

/** Which processes pass, when that depends on what they do: chosen while the collector runs, from what it observes. */
export interface ProcessSelection {
  /** What makes a process important. */
  rankBy: "cpu" | "memory";
  /** So many programs pass, or as many as have no more than so many time series together. */
  limit: { programs: number } | { series: number };
  /** Names of programs that pass in any case; `*` stands for any characters. */
  always: string[];
  /** Seconds between two choices. */
  refreshSeconds: number;
}

/** What a template makes of parameters: all that runs on a node. */
export interface RenderedPipeline {
  collector: CollectorConfig;
  /** Null: what passes does not depend on what is observed. */
  selection: ProcessSelection | null;
  /** The processes of the node are measured, not only what applications send. */
  collectHost: boolean;
  /** The share of data points that may fail to be accepted or exported before new collectors count as broken. */
  maxErrorRate: number;
  /** Seconds between two measurements of the node. */
  intervalSeconds: number;
}

export interface PipelineTemplate {
  name: string;
  version: string;
  description: string;
  /** JSON Schema (2020-12) of its parameters. */
  schema: { type: "object"; properties: Record<string, Json>; [keyword: string]: Json };
  /** Parameters that suit it. */
  example: Record<string, Json>;
  /** Of parameters that fit the schema, with their defaults filled in. */
  render(parameters: Record<string, Json>): RenderedPipeline;
}
