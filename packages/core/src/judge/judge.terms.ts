import { z } from "zod";

/**
 * What a pooled judge is told, frozen when its rollout begins: evidence lives and dies with the hypothesis. Plain JSON,
 * since it travels with the judge's snapshot.
 */

const share = z.number().min(0).max(1);
const rate = z.number().min(0).max(1);
const name = z.string().max(63);
const bound = z.number().nullable();
const outside = { name, source: z.enum(["evaluations", "prometheus", "webhook", "file"]) };

const errors = z.object({
  kind: z.literal("errors"),
  share,
  /** How many more errors are fine; null: none. */
  margin: z.object({ difference: z.number(), ratio: z.number() }).nullable(),
});
const latency = z.object({
  kind: z.literal("latency"),
  share,
  tolerance: z.number(),
  toleranceMs: z.number(),
  /** Watched alone; null: the whole distribution. */
  quantile: z.number().nullable(),
});
const errorLimit = z.object({ kind: z.literal("error_limit"), share, limit: rate });
const latencyLimit = z.object({
  kind: z.literal("latency_limit"),
  share,
  limitMs: z.number(),
  /** At most 1 − quantile of the answers may be slower. */
  quantile: rate,
});
const scores = z.object({ kind: z.literal("scores"), ...outside, share, maxDecrease: rate });
const scoreLimit = z.object({ kind: z.literal("score_limit"), ...outside, share, min: bound, max: bound });
const series = z.object({
  kind: z.literal("series"),
  ...outside,
  share,
  direction: z.enum(["increase", "decrease", "either"]),
  tolerance: z.number(),
  confidence: z.number(),
});
const seriesLimit = z.object({ kind: z.literal("series_limit"), ...outside, share, min: bound, max: bound });
const threshold = z.object({
  kind: z.literal("threshold"),
  ...outside,
  min: bound,
  max: bound,
  failureLimit: z.int().min(1),
});
const kayenta = z.object({
  kind: z.literal("kayenta"),
  ...outside,
  direction: z.enum(["increase", "decrease", "either"]),
  confidence: z.number(),
});

export const trafficTermsSchema = z.discriminatedUnion("kind", [errors, latency, errorLimit, latencyLimit]);
export const outsideTermsSchema = z.discriminatedUnion("kind", [
  scores,
  scoreLimit,
  series,
  seriesLimit,
  threshold,
  kayenta,
]);

const instant = z.number();

export const judgeConfigSchema = z.object({
  hypothesis: z.string(),
  /** Null on a first delivery: then there is nothing to compare with. */
  stable: z.number().nullable(),
  candidate: z.number(),
  startedAt: instant,
  budget: z.object({ total: z.number(), guards: z.number(), pooled: z.number(), monitoring: z.number() }),
  /** Judged on what the gateways count; shares of all parts add up to at most 1. */
  traffic: z.array(trafficTermsSchema).max(8),
  /** Judged on figures from elsewhere. */
  outside: z.array(outsideTermsSchema).max(200),
  nonInferiority: z.object({
    /** Absolute margin on the share of errors; null: not asked for. */
    errors: z.number().nullable(),
    latency: z.object({ relative: z.number(), absoluteMs: z.number() }).nullable(),
  }),
  /** Callers are kept on one arm: they come in clusters, and the sample ratio says nothing (ANALYSIS §2.6). */
  sticky: z.boolean(),
  minimumSamples: z.number(),
  /** Who counts the traffic: our gateways, or a cluster's own data plane, read from Prometheus. */
  counts: z.enum(["gateway", "prometheus"]).default("gateway"),
  onNoData: z.enum(["hold", "promote", "rollback"]),
  onProviderError: z.enum(["hold", "ignore", "rollback"]),
});

export type JudgeConfig = z.infer<typeof judgeConfigSchema>;
export type TrafficTerms = z.infer<typeof trafficTermsSchema>;
export type OutsideTerms = z.infer<typeof outsideTermsSchema>;
export type TermsOf<Kind extends OutsideTerms["kind"] | TrafficTerms["kind"]> = Extract<
  OutsideTerms | TrafficTerms,
  { kind: Kind }
>;
