import { z } from "zod";
import { jsonPathSchema } from "../json-path.schema.ts";

const name = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z][a-z0-9_-]*$/, "lower-case letters, digits, '_' and '-', beginning with a letter");
const fraction = z.number().min(0).max(1);
const seconds = z.number().int().min(0).max(2_592_000);
const address = z.url({ protocol: /^https?$/ });

const bounded = { timeoutSeconds: z.number().min(0.1).max(60).default(5) };

/** Where the figures of an outside metric come from. `{{revision}}`, `{{version}}`, `{{deployment}}` and `{{environment}}` are filled in for each arm. */
export const metricSourceSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("prometheus"),
    address,
    query: z.string().min(1).max(8_192),
    headers: z.record(z.string(), z.string()).default({}),
    ...bounded,
  }),
  z.strictObject({
    type: z.literal("webhook"),
    url: address,
    headers: z.record(z.string(), z.string()).default({}),
    /** JSONPath (RFC 9535) to a number or a list of numbers in the answer. */
    jsonPath: jsonPathSchema.default("$.value"),
    ...bounded,
  }),
  z.strictObject({
    type: z.literal("file"),
    /** CSV or JSON, inside the server's root folder. */
    path: z.string().min(1).max(1_024),
    column: z.string().min(1).max(255).default("value"),
  }),
  z.strictObject({ type: z.literal("evaluations"), dataset: z.string().min(1).max(255).optional() }),
]);

const limits = {
  /** Share of the evidence that this metric may spend; the shares in use are scaled to add up to 1. */
  weight: z.number().gt(0).max(1).optional(),
};

const errorRateSchema = z.strictObject({
  name: z.literal("error_rate"),
  /** Absolute margin on the share of errors: 0.01 tolerates one more error in a hundred requests. */
  maxIncrease: fraction.optional(),
  /** Relative margin: 0.5 tolerates half as many again. */
  maxRelativeIncrease: z.number().min(0).max(100).optional(),
  /** Absolute limit of the candidate alone, judged by evidence, not by a window. */
  maxErrorRate: fraction.optional(),
  /** Show that the candidate is no worse by more than this; then an `analyze` step ends early. */
  nonInferiorityMargin: z.number().gt(0).max(1).optional(),
  ...limits,
});

const latencySchema = z.strictObject({
  name: z.literal("latency"),
  /** Watch this quantile alone; without it the whole distribution is watched. */
  quantile: z.number().gt(0).lt(1).optional(),
  maxRelativeIncrease: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("How much slower is fine, as a fraction. Default 0.1."),
  maxIncreaseMs: z
    .number()
    .min(0)
    .max(100_000)
    .optional()
    .describe("How many milliseconds slower are fine on top of that. Default 5."),
  /** Absolute limit: at most 1 − quantile (default 0.99) of the candidate's answers may take longer. */
  maxLatencyMs: z.number().gt(0).max(600_000).optional(),
  nonInferiority: z.boolean().optional(),
  ...limits,
});

/** A codec and not a transform, because answers are written by the same schema that requests are read by. */
const evaluationsInShort = z.codec(z.literal("evaluations"), z.strictObject({ type: z.literal("evaluations") }), {
  decode: () => ({ type: "evaluations" as const }),
  encode: () => "evaluations" as const,
});

const outsideSchema = z
  .strictObject({
    name: name.refine(
      (value) => value !== "error_rate" && value !== "latency",
      "another name: the gateway measures that",
    ),
    source: z.union([metricSourceSchema, evaluationsInShort]),
    /** How both arms are compared. `threshold` compares a plain number with `min` and `max`, as other tools do. */
    judge: z.enum(["mann-whitney", "balanced-bets", "threshold"]).optional(),
    direction: z.enum(["increase", "decrease", "either"]).default("increase").describe("Which change is worse."),
    min: z.number().optional(),
    max: z.number().optional(),
    /** Mann-Whitney: a shift below this share of stable's median is fine. */
    tolerance: z.number().min(0).max(10).default(0.1),
    confidence: z.number().gt(0.5).lt(1).default(0.98),
    /** Reproduce Kayenta's classification, weaknesses included. */
    mode: z.enum(["sluice", "kayenta"]).default("sluice"),
    intervalSeconds: z.number().int().min(1).max(3_600).default(10),
    /** Scores in [0,1] may fall by this much. */
    maxDecrease: fraction.default(0),
    /** `threshold`: looks in a row that must fail. */
    failureLimit: z.number().int().min(1).max(1_000).default(1),
    ...limits,
  })
  .refine((metric) => metric.judge !== "threshold" || metric.min !== undefined || metric.max !== undefined, {
    message: "`min` or `max`, since the judge is `threshold`",
    path: ["min"],
  });

export const metricSchema = z.union([errorRateSchema, latencySchema, outsideSchema]);

/** How candidate and stable are compared while traffic moves (API.md, "Analysis"). */
export const analysisSchema = z.strictObject({
  falseRollbackRate: z.number().gt(0).max(0.5).default(0.01),
  metrics: z
    .array(metricSchema)
    .min(1)
    .max(50)
    .refine(
      (metrics) => new Set(metrics.map((metric) => metric.name)).size === metrics.length,
      "metrics with names of their own",
    )
    .default([{ name: "error_rate" }, { name: "latency" }]),
  onNoData: z.enum(["hold", "promote", "rollback"]).default("hold"),
  /** What a source that is down does: never a failed metric (edge case 25). */
  onProviderError: z.enum(["hold", "ignore", "rollback"]).default("hold"),
  minimumSamples: z.number().int().min(0).max(1_000_000).default(50),
  maxHoldSeconds: seconds.default(86_400),
});

export type AnalysisOptions = z.infer<typeof analysisSchema>;
export type MetricOptions = z.infer<typeof metricSchema>;
export type OutsideMetricOptions = z.infer<typeof outsideSchema>;
export type MetricSource = z.infer<typeof metricSourceSchema>;
export type GatewayMetricOptions = z.infer<typeof errorRateSchema> | z.infer<typeof latencySchema>;

/** Metrics that the gateway measures itself; its guard watches those and no others. */
export const isGatewayMetric = (metric: MetricOptions): metric is GatewayMetricOptions => !("source" in metric);
