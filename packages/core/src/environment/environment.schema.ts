import { z } from "zod";
import { WAVE_FAILURES, waveSchema } from "../fleet/wave.schema.ts";
import { nameSchema } from "../names.ts";
import { type Target, targetName, targetSchema } from "./target.schema.ts";

export const STRATEGY_TYPES = ["immediate", "gradual", "canary", "blue-green", "shadow", "ab"] as const;

/** Standard cron in five fields; `durationMinutes` from each of its moments on, nothing starts. */
const freezeWindowSchema = z.strictObject({
  schedule: z.string().regex(/^(\S+\s+){4}\S+$/, "five cron fields: minute, hour, day of month, month, day of week"),
  durationMinutes: z.number().int().min(1).max(525_600),
  timezone: z
    .string()
    .refine(isTimeZone, "a time zone of the IANA database, such as UTC or Europe/Berlin")
    .default("UTC"),
});

export const protectionSchema = z.strictObject({
  requiredApprovals: z.number().int().min(0).max(20).default(0),
  /** Names of those who may approve ("n of m"); null: everybody with the role. */
  approvers: z.array(z.string().min(1).max(255)).min(1).max(100).nullable().default(null),
  /** How long an approval is waited for before the rollout is cancelled. */
  approvalExpirySeconds: z.number().int().min(1).max(2_592_000).nullable().default(null),
  /** The creator of a rollout may not approve it. */
  fourEyes: z.boolean().default(true),
  freezeWindows: z.array(freezeWindowSchema).max(50).default([]),
  /** Environment in which the same version must have completed a rollout before. */
  requireSuccessIn: nameSchema.nullable().default(null),
  allowedStrategies: z.array(z.enum(STRATEGY_TYPES)).min(1).nullable().default(null),
  regions: z.array(z.string().max(63)).min(1).nullable().default(null),
});

export const environmentSchema = z.strictObject({
  tier: z.enum(["development", "staging", "production", "dr", "custom"]).default("custom"),
  targets: z
    .array(targetSchema)
    .min(1)
    .max(100)
    .refine((targets) => new Set(targets.map(targetName)).size === targets.length, "targets with names of their own")
    .default([{ type: "process" }]),
  waves: z
    .array(waveSchema)
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe("The order in which several targets are reached; null: one after the other, as `targets` names them."),
  onWaveFailure: z
    .enum(WAVE_FAILURES)
    .nullable()
    .default(null)
    .describe("What becomes of the other targets when one fails; null: as the strategy's autoRollback says."),
  validationLevel: z.enum(["basic", "standard", "strict"]).default("standard"),
  monitoringLevel: z.enum(["minimal", "standard", "comprehensive"]).default("standard"),
  limits: z
    .strictObject({
      memoryMb: z.number().int().min(1),
      cpuCores: z.number().min(0.01),
      storageGb: z.number().min(0),
    })
    .default({ memoryMb: 2_048, cpuCores: 2, storageGb: 100 }),
  protection: protectionSchema.default({
    requiredApprovals: 0,
    approvers: null,
    approvalExpirySeconds: null,
    fourEyes: true,
    freezeWindows: [],
    requireSuccessIn: null,
    allowedStrategies: null,
    regions: null,
  }),
});

/** Where things run, and what must be true before they do. `name` and `project` are its key. */
export type EnvironmentSpec = z.infer<typeof environmentSchema>;
/** Where a deployment of the environment is. */
export const targetOf = ({ targets }: Pick<EnvironmentSpec, "targets">): Target => targets[0] ?? { type: "none" };

export type FreezeWindow = z.infer<typeof freezeWindowSchema>;

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
