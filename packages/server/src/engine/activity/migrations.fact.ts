import { type MigrationsFact, migrationDemand, migrationsFact, type Rollout } from "@sluice/core";
import type { Loaded } from "../load.ts";

/** What is to be done to the data, and was, as one rollout sees it. */
export const migrationsOf = (
  rollout: Rollout,
  {
    migrationRuns,
    deliveredBy,
    revisions,
    activity,
  }: Pick<Loaded, "migrationRuns" | "deliveredBy" | "revisions" | "activity">,
): MigrationsFact =>
  migrationsFact({
    rollout: rollout.id,
    demand: migrationDemand(rollout),
    migrations: revisions.get(rollout.toRevision)?.spec.migrations,
    runs: migrationRuns,
    deliveredBy,
    underway: activity?.kind === "migrations" && activity.status === "running",
  });
