import { z } from "zod";
import { testOptionsSchema } from "../candidate-test/test-options.schema.ts";
import { routePathSchema } from "../deployment/config.schema.ts";
import { analysisSchema } from "./analysis.schema.ts";
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
    /** Callers of this region, as the header of the gateway's setting `regionHeader` says. */
    region: z.string().min(1).max(63).optional(),
  })
  .refine(
    (match) => match.region !== undefined || Object.keys({ ...match.header, ...match.cookie }).length > 0,
    "at least one header, cookie or region",
  );

export const stepSchema = z.union([
  z.strictObject({ setWeight: percentage }),
  z.strictObject({
    wait: z.union([
      z.strictObject({ seconds: duration }),
      z.strictObject({
        approval: z.literal(true),
        approvals: z.number().int().min(1).max(20).optional().describe("How many people. Default 1."),
        expiresSeconds: duration.optional(),
      }),
    ]),
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

const common = {
  autoRollback: z.boolean().default(true),
  /** `pause` leaves the traffic where it is and calls people; `freeze` also forbids going back (an irreversible migration). */
  onFailure: z.enum(["rollback", "pause", "freeze"]).default("rollback"),
  tests: testOptionsSchema.nullable().default(null),
  /** Share of traffic that stable keeps while the candidate is monitored, so that there is something to compare with. */
  holdbackPercentage: percentage.default(0),
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
    previewRoute: routePathSchema.nullable().default(null),
    ...common,
    keepStableSeconds: duration.default(600),
  }),
  z.strictObject({
    type: z.literal("shadow"),
    mirrorPercentage: share.default(100),
    durationSeconds: duration.default(600),
    compare: z
      .strictObject({
        bodies: z.enum(["none", "exact", "json"]).default("none"),
        /** JSON pointers that may differ, for example `/id` and `/items/-/at`, where `-` stands for every index. */
        ignore: z.array(z.string().startsWith("/").max(1_024)).max(100).default([]),
      })
      .prefault({}),
    ...common,
  }),
  z.strictObject({
    type: z.literal("ab"),
    percentage: share.default(50),
    match: matchSchema.nullable().default(null),
    durationSeconds: duration.default(86_400),
    goal: z.string().min(1).max(255).nullable().default(null),
    promoteWinner: z.boolean().default(false),
    ...common,
  }),
]) satisfies z.ZodType<Strategy>;

export type StrategyInput = z.input<typeof strategySchema>;
