import type { Environment } from "@sluice/client";

export const TIERS = ["development", "staging", "production", "dr", "custom"] as const satisfies Environment["tier"][];
