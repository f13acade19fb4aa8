import { z } from "zod";
import { triggerActionSchema } from "./action.schema.ts";
import { triggerFiltersSchema } from "./filter.ts";

export const TRIGGER_SOURCES = ["github", "gitlab", "generic", "manual"] as const;

export type TriggerSource = (typeof TRIGGER_SOURCES)[number];

/** Who may fire a trigger, for what, and what follows. `name`, `project` and `enabled` stand beside it. */
export const triggerSchema = z.strictObject({
  description: z.string().max(1_000).default(""),
  source: z
    .enum(TRIGGER_SOURCES)
    .describe(
      "`github` and `gitlab`: their webhooks. `generic`: whoever signs as Standard Webhooks has it. `manual`: by token only.",
    ),
  filters: triggerFiltersSchema.prefault({}),
  action: triggerActionSchema,
});

export type TriggerSpec = z.output<typeof triggerSchema>;
