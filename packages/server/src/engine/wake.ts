import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../db/schema.ts";

export const RECONCILE_TASK = "reconcile";

/**
 * Asks for a reconcile of the deployment, in the caller's transaction: if that rolls back, nobody was woken.
 * One pending job a deployment (an earlier time wins); all its jobs share one queue, so two never run at once.
 * A wake may be lost, late or doubled without harm (ARCHITECTURE §2).
 */
export async function wakeDeployment(
  db: Kysely<Database> | Transaction<Database>,
  deployment: string,
  at?: Date,
): Promise<void> {
  const key = at === undefined ? `reconcile:${deployment}` : `reconcile-later:${deployment}`;
  await sql`
    select graphile_worker.add_job(
      ${RECONCILE_TASK},
      payload => json_build_object('deployment', ${deployment}::text),
      queue_name => ${deployment},
      run_at => ${at ?? null}::timestamptz,
      job_key => ${key},
      job_key_mode => 'replace',
      max_attempts => 25
    )`.execute(db);
}
