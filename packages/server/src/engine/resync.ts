import { type Target, targetSchema } from "@sluice/core";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { RESOLVER_HOST } from "../kinds/prompt/prompt.route.ts";
import type { Strangers } from "./strangers.ts";
import type { Targets } from "./targets.ts";
import { TASK_OF_ROW, wakeDeployment, wakeLeftover } from "./wake.ts";

interface ResyncDeps {
  db: Kysely<Database>;
  targets: Targets;
  strangers: Pick<Strangers, "known">;
  /** Null: there is only one. */
  server: string | null;
  /** Whether only this server has the gateway. */
  ownGateway: boolean;
  logger: Logger;
}

const EVERY_MS = 10_000;

/** Wakes the deployments that are left of all by what is joined to them. */
async function wakeThose(db: Kysely<Database>, joined: RawBuilder<unknown>): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${TASK_OF_ROW},
      payload => json_build_object('deployment', id),
      job_key => 'reconcile:' || id,
      max_attempts => 25)
    from deployments d ${joined} order by id`.execute(db);
}

/** Wakes every deployment: what a server does when it starts, since nobody knows what happened meanwhile. */
export const wakeAll = (db: Kysely<Database>): Promise<void> => wakeThose(db, sql``);

/** Wakes every deployment that a gateway deals, or dealt: one that began anew knows nothing of them. */
export const wakeRouted = (db: Kysely<Database>): Promise<void> =>
  wakeThose(db, sql`join routes on deployment_id = id where host <> ${RESOLVER_HOST}`);

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
async function wakeLeftovers({ db, targets, strangers, server }: ResyncDeps): Promise<void> {
  const present = new Set(targets.planes().flatMap((plane) => plane.routes()));
  for (const runtime of targets.runtimes()) {
    for (const deployment of await runtime.deployments()) present.add(deployment);
  }
  for (const stranger of strangers.known) present.delete(stranger);
  if (present.size === 0) return;
  const rows = await db
    .selectFrom("deployments")
    .select("id")
    .where("id", "in", [...present])
    .execute();
  for (const { id } of rows) present.delete(id);
  for (const deployment of present) await wakeLeftover(db, deployment, server);
}

/**
 * Ends what runs on this machine, and is dealt here, of deployments that another server has by now: this one was forgotten while it
 * was away. Fences are not raised: should a deployment come back here, it is as any other.
 */
async function removeStrays({ db, targets, server, ownGateway, logger }: ResyncDeps): Promise<void> {
  if (server === null) return;
  const planes = ownGateway ? targets.planes() : [];
  const running = await Promise.all(targets.own().map((runtime) => runtime.deployments()));
  const held = [...new Set([...planes.flatMap((plane) => plane.routes()), ...running.flat()])];
  if (held.length === 0) return;
  const strays = await db
    .selectFrom("deployments")
    .select(["id", "fence"])
    .where("id", "in", held)
    .where("server", "!=", server)
    .execute();
  for (const { id: deployment, fence } of strays) {
    logger.warn({ deployment }, "another server looks after this deployment; what is here of it ends");
    for (const plane of planes) if (plane.route(deployment) !== null) await plane.remove(deployment);
    for (const runtime of targets.own()) {
      for (const { revision } of await runtime.observe(deployment))
        await runtime.remove({ deployment, revision, fence });
    }
  }
}

/** Opens what any server may be asked of, whoever reconciles it. */
async function openShared({ db, targets, logger }: ResyncDeps): Promise<void> {
  const { rows } = await sql<{ target: Target }>`
    select distinct target from environments e, jsonb_array_elements(e.spec -> 'targets') target
    where target ->> 'type' in ('docker', 'kubernetes')
      and exists (select from deployments d where d.project = e.project and d.environment = e.name and d.server is null)`.execute(
    db,
  );
  for (const { target } of rows) {
    const known = targetSchema.safeParse(target);
    if (!known.success || !targets.types.has(known.data.type)) continue;
    await targets
      .at(known.data)
      .catch((error: unknown) => logger.debug({ err: error }, "a target could not be reached"));
  }
}

/** The slow safety net under every wake: lost ones are found, leftovers are cleaned up. Returns how to stop it. */
export function startResync(deps: ResyncDeps): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(async () => {
      try {
        await wakeForgotten(deps.db);
        await openShared(deps);
        await wakeLeftovers(deps);
        await removeStrays(deps);
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
