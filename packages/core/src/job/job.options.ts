import { z } from "zod";

/** How often a job's command runs, and how patient one is with it. */
export const jobOptionsSchema = z.strictObject({
  completions: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta({ description: "So many runs must come to a good end" }),
  parallelism: z.number().int().min(1).max(100).default(1).meta({ description: "Runs at the same time" }),
  backoffLimit: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(6)
    .meta({ description: "Failures that are tried again, in all" }),
  timeoutSeconds: z.number().int().min(1).max(604_800).default(3_600).meta({ description: "Of each run" }),
  idempotent: z
    .boolean()
    .default(true)
    .meta({ description: "May be run again when the server died and nobody knows how it ended" }),
});

export type JobOptions = z.infer<typeof jobOptionsSchema>;
