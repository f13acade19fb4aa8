import type { Instant } from "@sluice/core";
import type { MetricOutcome } from "./metric.outcome.ts";
import type { ArmLabels } from "./metric.template.ts";

/** What is asked of a source about one arm. */
export interface MetricQuestion {
  /** Name of the metric. */
  metric: string;
  labels: ArmLabels;
  /** The arm's ids in the database, for sources that are in it. */
  deploymentId: string;
  revision: number;
  versionId: string;
  /** Whether the arms are compared: then the source must tell them apart. */
  compared: boolean;
  /** One figure as of now, as a plain limit wants it; else everything since `cursor`. */
  single: boolean;
  intervalSeconds: number;
  /** When the judging began. */
  since: Instant;
  now: Instant;
  /** What the last reading of this arm answered; null at the first. */
  cursor: string | null;
}

export interface MetricReading {
  outcome: MetricOutcome;
  /** Handed back with the next question, so that nothing is read twice. */
  cursor: string | null;
}

/** Where figures of a metric come from. */
export interface MetricSourceReader {
  /** Throws only when `signal` is aborted. */
  read(question: MetricQuestion, signal: AbortSignal): Promise<MetricReading>;
}
