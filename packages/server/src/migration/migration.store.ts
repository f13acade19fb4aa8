import type { MigrationRun, SecretReferences } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** How a migration is taken back: what its version said, with the folder and the variables that it had. */
export interface Undo {
  command: string[];
  timeoutSeconds: number;
  workdir: string;
  env: Record<string, string>;
  /** Read when it runs, and never written down. */
  secrets: SecretReferences;
}

/** For the one query that reads a deployment: every run of it, in order. `d` is the deployment. */
export const MIGRATION_RUNS = sql<MigrationRun[]>`
  (select coalesce(json_agg(json_build_object(
            'rollout', rollout_id, 'name', name, 'direction', direction, 'demand', demand, 'status', status,
            'message', message, 'executionMs', execution_ms, 'at', (extract(epoch from at) * 1000)::bigint) order by seq), '[]')
   from migration_runs where deployment_id = d.id)`;

/** Written when a run has come to its end. The same end twice is one. */
export async function recordMigration(db: Db, deployment: string, run: MigrationRun, undo: Undo | null): Promise<void> {
  await db
    .insertInto("migration_runs")
    .values({
      deployment_id: deployment,
      rollout_id: run.rollout,
      name: run.name,
      direction: run.direction,
      demand: run.demand,
      status: run.status,
      message: run.message,
      undo: undo === null ? null : JSON.stringify(undo),
      execution_ms: Math.round(run.executionMs),
      at: new Date(run.at),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function migrationRuns(db: Db, deployment: string): Promise<MigrationRun[]> {
  const { rows } = await sql<{ runs: MigrationRun[] }>`
    select ${MIGRATION_RUNS} as runs from deployments d where d.id = ${deployment}`.execute(db);
  return rows[0]?.runs ?? [];
}

/** How the migration that is in force is taken back; null when its version did not say. */
export async function undoOf(db: Db, deployment: string, name: string): Promise<Undo | null> {
  const row = await db
    .selectFrom("migration_runs")
    .select("undo")
    .where("deployment_id", "=", deployment)
    .where("name", "=", name)
    .where("direction", "=", "up")
    .where("status", "=", "succeeded")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return (row?.undo as Undo | null | undefined) ?? null;
}
