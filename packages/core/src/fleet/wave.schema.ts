import { z } from "zod";
import { nameSchema } from "../names.ts";

/** At most a month, as every wait. */
const MOST_SECONDS = 2_592_000;

/** Targets that a new revision reaches together. */
export const waveSchema = z.strictObject({
  targets: z.array(nameSchema).min(1).max(100).describe("Names of targets of this environment."),
  bakeSeconds: z
    .number()
    .int()
    .min(0)
    .max(MOST_SECONDS)
    .default(0)
    .describe("How long what the wave delivered is watched before the next wave begins."),
  maxParallel: z
    .number()
    .int()
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe("How many of its targets are under way at once; null: all."),
});

export const WAVE_FAILURES = ["stop", "rollback"] as const;

export type Wave = z.infer<typeof waveSchema>;
export type WaveFailure = (typeof WAVE_FAILURES)[number];
