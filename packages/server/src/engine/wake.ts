import { type Kysely, sql, type Transaction } from "kysely";
import type { Database } from "../db/schema.ts";

export const RECONCILE_TASK = "reconcile";

/** What the key of a later wake's job begins with; the deployment's id follows. */
export const LATER_KEY = "reconcile-later:";

/**
 * Asks for a reconcile of the deployment, in the caller's transaction: if that rolls back, nobody was woken.
 * One pending job a deployment for now and one for later; `Claims` sees to it that two never run at once.
 * A wake may be lost, late or doubled without harm (ARCHITECTURE §2).
 */
export async function wakeDeployment(
  db: Kysely<Database> | Transaction<Database>,
  deployment: string,
  at?: Date,
): Promise<void> {
  await addJob(db, deployment, at === undefined ? `reconcile:${deployment}` : LATER_KEY + deployment, at);
}

/**
 * Puts a wake that came at a bad moment off until `at`. It stays the wake for now: the later one belongs to whoever reconciles
 * at this moment, who would overwrite it without having seen what this one is about.
 */
export async function putOffWake(db: Kysely<Database>, deployment: string, at: Date): Promise<void> {
  await addJob(db, deployment, `reconcile:${deployment}`, at);
}

async function addJob(
  db: Kysely<Database> | Transaction<Database>,
  deployment: string,
  key: string,
  at: Date | undefined,
): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${RECONCILE_TASK},
      payload => json_build_object('deployment', ${deployment}::text),
      run_at => ${at ?? null}::timestamptz,
      job_key => ${key},
      job_key_mode => 'replace',
      max_attempts => 25
    )`.execute(db);
}
