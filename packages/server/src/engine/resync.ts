import type { Runtime } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { GatewayLink } from "../routing/gateway.types.ts";
import { RECONCILE_TASK, wakeDeployment } from "./wake.ts";

interface ResyncDeps {
  db: Kysely<Database>;
  link: GatewayLink;
  runtimes: ReadonlyMap<string, Runtime>;
  logger: Logger;
}

const EVERY_MS = 10_000;

/** Wakes every deployment: what a server does when it starts, since nobody knows what happened meanwhile. */
export async function wakeAll(db: Kysely<Database>): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${RECONCILE_TASK},
      payload => json_build_object('deployment', id),
      job_key => 'reconcile:' || id,
      max_attempts => 25)
    from deployments order by id`.execute(db);
}

/** Wakes active rollouts whose wake was lost: those without a job that is pending or running. */
async function wakeForgotten(db: Kysely<Database>): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select distinct r.deployment_id as id from rollouts r
    where r.active and not exists (
      select from graphile_worker.jobs j
      where j.key in ('reconcile:' || r.deployment_id, 'reconcile-later:' || r.deployment_id))`.execute(db);
  for (const { id } of rows) await wakeDeployment(db, id);
}

/** Wakes what runs or is routed without being in the database any more, so that its reconcile takes it away. */
async function wakeLeftovers({ db, link, runtimes }: ResyncDeps): Promise<void> {
  const present = new Set(link.routes());
  for (const runtime of runtimes.values()) {
    for (const deployment of await runtime.deployments()) present.add(deployment);
  }
  if (present.size === 0) return;
  const rows = await db
    .selectFrom("deployments")
    .select("id")
    .where("id", "in", [...present])
    .execute();
  for (const { id } of rows) present.delete(id);
  for (const deployment of present) await wakeDeployment(db, deployment);
}

/** The slow safety net under every wake: lost ones are found, leftovers are cleaned up. Returns how to stop it. */
export function startResync(deps: ResyncDeps): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(async () => {
      try {
        await wakeForgotten(deps.db);
        await wakeLeftovers(deps);
      } catch (error) {
        deps.logger.debug({ err: error }, "the resync failed; trying again");
      }
    });
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
