import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import type { Database } from "../db/schema.ts";

/** The task of deployments that any server looks after. */
export const RECONCILE_TASK = "reconcile";

/** The task of those that one server alone looks after: no other takes its jobs. */
export const taskOf = (server: string): string => `${RECONCILE_TASK}@${server}`;

/** The task for `deployments d`. */
export const TASK_OF_ROW = sql<string>`${sql.lit(RECONCILE_TASK)} || coalesce('@' || d.server, '')`;

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

/** Has `server` reconcile what it holds of a deployment that is in no table any more. */
export async function wakeLeftover(db: Kysely<Database>, deployment: string, server: string | null): Promise<void> {
  const task = server === null ? RECONCILE_TASK : taskOf(server);
  await addJob(db, deployment, `reconcile:${deployment}`, undefined, sql`${task}::text`);
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
  task: RawBuilder<unknown> = sql`coalesce((select ${TASK_OF_ROW} from deployments d where d.id = ${deployment}), ${RECONCILE_TASK})`,
): Promise<void> {
  const add = sql<{ id: number | null }>`
    select id from graphile_worker.add_job(
      ${task},
      payload => json_build_object('deployment', ${deployment}::text),
      run_at => ${at ?? null}::timestamptz,
      job_key => ${key},
      job_key_mode => 'replace',
      max_attempts => 25
    )`;
  // graphile-worker 0.18 adds nothing, and says so with a null, when the pending job is taken while it is being replaced. Who
  // took it may have looked before our transaction is visible. Asked again, it sees that the job runs, and adds another.
  let added = await add.execute(db);
  while (added.rows[0]?.id == null) added = await add.execute(db);
}
