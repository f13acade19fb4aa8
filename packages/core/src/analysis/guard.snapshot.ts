import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { WATCHED_QUANTILES } from "./edge-judge.ts";
import { LATENCY_BINS } from "./log-bins.ts";

const count = z.int().min(0);
export const sparseSchema = z.array(z.tuple([z.int().min(0).max(LATENCY_BINS.overflow), count]));
export const armSchema = z.object({
  requests: count,
  errors: count,
  warming: count,
  undealt: count.exactOptional(),
  latency: sparseSchema,
});
export const armPairSchema = z.object({ candidate: armSchema, stable: armSchema });

export const mixtureSchema = z.object({
  logFractions: z.array(z.number()),
  batches: count,
  logWealth: z.number(),
  maxLogWealth: z.number(),
});

export const scoreJudgeSchema = z.object({ stableSum: z.number(), stableCount: count, mixture: mixtureSchema });

export const blockJudgeSchema = z.object({ stableErrors: count, stableRequests: count, mixture: mixtureSchema });

export const latencyJudgeSchema = z.object({
  past: sparseSchema,
  edges: z.array(mixtureSchema).min(1).max(WATCHED_QUANTILES.length),
  rank: z.object({ reference: sparseSchema, judge: scoreJudgeSchema }).nullable(),
});

const config = z.object({
  hypothesis: z.string(),
  stable: z.number(),
  candidate: z.number(),
  alpha: z.number(),
  metrics: z.array(
    z.object({
      name: z.enum(["error_rate", "latency"]),
      share: z.number(),
      margin: z.object({ difference: z.number(), ratio: z.number() }).exactOptional(),
      tolerance: z.number().exactOptional(),
      toleranceMs: z.number().exactOptional(),
      quantile: z.number().exactOptional(),
    }),
  ),
  closes: z.boolean(),
});

const guardSnapshot = z.object({
  format: z.literal(1),
  config,
  weight: z.number().nullable(),
  totals: armPairSchema,
  batch: armPairSchema,
  errors: mixtureSchema.nullable(),
  /** Of errors with a margin; not in snapshots of older gateways. */
  block: blockJudgeSchema.nullable().default(null),
  latency: latencyJudgeSchema.nullable(),
  maxLogEvidence: z.number(),
  droppedTicks: count,
  /** Not in snapshots of older gateways. */
  period: count.default(0),
  closed: z.object({ at: z.number(), metric: z.string(), reason: z.string() }).nullable(),
});

/** All of a guard's state, as plain JSON: what a gateway keeps so that a restart loses no evidence. */
export type GuardSnapshot = z.infer<typeof guardSnapshot>;

/** Throws `data_loss` for what is not a whole snapshot of this format, naming the place. */
export function parseGuardSnapshot(snapshot: unknown): GuardSnapshot {
  const parsed = guardSnapshot.safeParse(snapshot);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SluiceError("data_loss", `not a snapshot of a guard: ${issue?.path.join(".")}: ${issue?.message}`);
}
