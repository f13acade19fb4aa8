import { z } from "zod";
import { SluiceError } from "../errors.ts";
import { judgeConfigSchema } from "./judge.terms.ts";
import { outsideStateSchema } from "./outside.judge.ts";
import { trafficSchema } from "./traffic.judge.ts";

const problemSchema = z.object({
  metric: z.string(),
  status: z.enum(["no_data", "invalid", "provider_error"]),
  message: z.string(),
});

const judgeSnapshot = z.object({
  format: z.literal(1),
  config: judgeConfigSchema,
  seq: z.number(),
  traffic: trafficSchema,
  outside: z.array(outsideStateSchema),
  /** The last reading of each outside metric that has been read: what was wrong with it, or null. */
  readings: z.array(z.object({ metric: z.string(), problem: problemSchema.nullable() })),
  maxLogEvidence: z.number(),
  closed: z.object({ at: z.number(), metric: z.string(), reason: z.string() }).nullable(),
});

/** All of a pooled judge's state, as plain JSON. */
export type JudgeSnapshot = z.infer<typeof judgeSnapshot>;

/** Throws `data_loss` for what is not a whole snapshot of this format, naming the place. */
export function parseJudgeSnapshot(snapshot: unknown): JudgeSnapshot {
  const parsed = judgeSnapshot.safeParse(snapshot);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SluiceError("data_loss", `not a snapshot of a judge: ${issue?.path.join(".")}: ${issue?.message}`);
}
