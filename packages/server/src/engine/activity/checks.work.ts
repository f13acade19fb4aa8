import type { Instant, ValidationResult } from "@sluice/core";
import type { Db } from "../../db/database.ts";
import { type CheckEnvironment, runChecks } from "../checks.ts";
import type { Loaded } from "../load.ts";
import type { ActivityWork } from "./activities.ts";

/** Whether the checks of the rollout ask somebody over the network: those take their time, and no reconcile waits for them. */
export function checksTakeLong({ rollouts, revisions }: Loaded): boolean {
  const rollout = rollouts[0]?.rollout;
  const config = rollout === undefined ? undefined : revisions.get(rollout.toRevision)?.config;
  return (config?.dependencies ?? []).length > 0;
}

/** Checks that may take long. */
export const checksWork = (db: Db, environment: CheckEnvironment, now: () => Instant): ActivityWork => ({
  run: async (loaded, signal): Promise<ValidationResult[]> =>
    (await runChecks(db, environment, loaded, now, signal)) ?? [],
  gaveUp: (message, at): ValidationResult[] => [
    { name: "checks", type: "engine", severity: "critical", passed: false, message, executionMs: 0, at },
  ],
});
