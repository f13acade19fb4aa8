import type { LatencyWatch } from "../latency-judge.ts";
import type { Margin } from "../margin.ts";

/** What an event stream can be judged by. */
export const STREAM_METRICS = ["error_rate", "latency", "score"] as const;
export type StreamMetric = (typeof STREAM_METRICS)[number];

export interface StreamOptions {
  /** A candidate no worse than stable is called worse with at most this probability, however long the stream. In (0, 1). */
  alpha: number;
  /** The candidate's nominal share in percent, for events that carry none; null when it is not known. */
  weight: number | null;
  /** What is judged, each with its part of the evidence; parts are scaled to add up to 1. */
  stakes: Partial<Record<StreamMetric, number>>;
  /** How many more errors are fine; null for none. */
  errorMargin: Margin | null;
  /** How much slower is fine, and whether one quantile alone is watched. */
  latency: LatencyWatch;
  /** By how much the mean score may fall, 0 to 0.9. */
  scoreMargin: number;
  /** Margins by which the candidate is to be shown no worse; null for no such claim. */
  nonInferiority: { errors: number | null; latency: boolean };
}

export interface StreamMetricReport {
  name: StreamMetric;
  /** Its part of the evidence. */
  share: number;
  /** ln of the e-value that the candidate is worse. */
  logEvidence: number;
  /** Share of errors, 95th percentile of the latency in ms, or mean score; null without samples. */
  stable: number | null;
  candidate: number | null;
  samples: { stable: number; candidate: number };
}

export interface StreamReport {
  events: number;
  /** `rollback`: worse. `hold`: the split is not the nominal one. `promote`: what was claimed is shown. `continue`: none of it yet. */
  verdict: "continue" | "promote" | "rollback" | "hold";
  /** ln of the combined e-value, its largest so far, and the bound ln(1/α). */
  logEvidence: number;
  maxLogEvidence: number;
  bound: number;
  /** Anytime-valid: at most so probable if the candidate is no worse. */
  pValue: number;
  metrics: StreamMetricReport[];
  /** ln e-value that the split is not the nominal one; null while no weight is known. */
  sampleRatio: { logEvidence: number; doubted: boolean } | null;
  /** Null when nothing is claimed. */
  nonInferior: boolean | null;
  /** Latched at the event that crossed the bound. */
  closed: { event: number; metric: StreamMetric; reason: string } | null;
  message: string;
}
