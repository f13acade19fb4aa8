import type { Instant, ValidationResult } from "@sluice/core";
import type { Db } from "../../db/database.ts";
import { type CheckEnvironment, runChecks } from "../checks.ts";
import type { ActivityWork } from "./activities.ts";

/** Checks that may take long. */
export const checksWork = (db: Db, environment: CheckEnvironment, now: () => Instant): ActivityWork => ({
  run: async (loaded, signal): Promise<ValidationResult[]> =>
    (await runChecks(db, environment, loaded, now, signal)) ?? [],
  gaveUp: (message, at): ValidationResult[] => [
    { name: "checks", type: "engine", severity: "critical", passed: false, message, executionMs: 0, at },
  ],
});
