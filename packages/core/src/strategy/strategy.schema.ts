import { z } from "zod";
import type { Strategy } from "./strategy.types.ts";

/** A share of traffic in percent, with at most two decimals. */
const percentage = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6, "a percentage with at most two decimals");
const share = percentage.refine((value) => value > 0, "a percentage above 0");

/** Whole seconds, at most thirty days. */
const duration = z.number().int().min(0).max(2_592_000);

/** What a request must carry to be sent to the candidate: every header and cookie named, with exactly this value. */
const matchSchema = z
  .strictObject({
    header: z.record(z.string().min(1), z.string()).optional(),
    cookie: z.record(z.string().min(1), z.string()).optional(),
  })
  .refine((match) => Object.keys({ ...match.header, ...match.cookie }).length > 0, "at least one header or cookie");

export const stepSchema = z.union([
  z.strictObject({ setWeight: percentage }),
  z.strictObject({
    wait: z.union([z.strictObject({ seconds: duration }), z.strictObject({ approval: z.literal(true) })]),
  }),
  z.strictObject({ analyze: z.strictObject({ seconds: duration }) }),
  z.strictObject({ mirror: z.strictObject({ percentage }) }),
  z.strictObject({ match: matchSchema }),
  z.strictObject({ scale: z.strictObject({ percentage: z.number().int().min(1).max(100) }) }),
  z.strictObject({ switch: z.literal(true) }),
  z.strictObject({
    hook: z.strictObject({
      url: z.url({ protocol: /^https?$/ }),
      timeoutSeconds: z.number().int().min(1).max(3_600).optional(),
    }),
  }),
]);

export const analysisSchema = z.strictObject({
  falseRollbackRate: z.number().gt(0).max(0.5).default(0.01),
  metrics: z
    .array(
      z.strictObject({
        name: z.enum(["error_rate", "latency"]),
        maxRelativeIncrease: z
          .number()
          .min(0)
          .max(100)
          .optional()
          .describe("`latency`: how much slower is fine, as a fraction. Default 0.1."),
        maxIncreaseMs: z
          .number()
          .min(0)
          .max(100_000)
          .optional()
          .describe("`latency`: how many milliseconds slower are fine on top of that. Default 5."),
      }),
    )
    .min(1)
    .default([{ name: "error_rate" }, { name: "latency" }]),
  onNoData: z.enum(["hold", "promote", "rollback"]).default("hold"),
  minimumSamples: z.number().int().min(0).max(1_000_000).default(50),
  maxHoldSeconds: duration.default(86_400),
});

const common = {
  autoRollback: z.boolean().default(true),
  monitoringSeconds: duration.default(0),
  onConflict: z.enum(["supersede", "queue", "reject"]).default("supersede"),
  analysis: analysisSchema.prefault({}),
  keepStableSeconds: duration.default(60),
};

/** A strategy as a user writes it; every default is filled in (API.md, "Strategies"). */
export const strategySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("immediate"), ...common }),
  z.strictObject({
    type: z.literal("gradual"),
    initialPercentage: share.default(10),
    increment: share.default(10),
    intervalSeconds: duration.default(300),
    ...common,
  }),
  z.strictObject({
    type: z.literal("canary"),
    initialPercentage: share.default(5),
    bakeSeconds: duration.default(300),
    steps: z.array(stepSchema).min(1).max(100).nullable().default(null),
    ...common,
  }),
  z.strictObject({
    type: z.literal("blue-green"),
    previewRoute: z.string().startsWith("/").nullable().default(null),
    ...common,
    keepStableSeconds: duration.default(600),
  }),
  z.strictObject({
    type: z.literal("shadow"),
    mirrorPercentage: share.default(100),
    durationSeconds: duration.default(600),
    ...common,
  }),
  z.strictObject({
    type: z.literal("ab"),
    percentage: share.default(50),
    match: matchSchema.nullable().default(null),
    durationSeconds: duration.default(86_400),
    goal: z.string().max(255).nullable().default(null),
    promoteWinner: z.boolean().default(false),
    ...common,
  }),
]) satisfies z.ZodType<Strategy>;

export type StrategyInput = z.input<typeof strategySchema>;
