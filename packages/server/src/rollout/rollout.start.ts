import { type Instant, type Rollout, type RolloutEvent, reviveRollout } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents, type EventInput } from "../event/event.store.ts";
import { claimPreview } from "../routing/preview.ts";
import { insertRollout } from "./rollout.store.ts";

/** A rollout's events as they are stored. */
export const eventsOf = (
  { project, deployment, id }: Rollout,
  events: readonly RolloutEvent[],
  at: Instant,
): EventInput[] => events.map((event) => ({ ...event, project, deployment, rollout: id, at: new Date(at) }));

/** Stores a new rollout with its first events, and wakes the engine when the transaction commits. */
export async function startRollout(
  db: Db,
  { rollout, events }: { rollout: Rollout; events: readonly RolloutEvent[] },
): Promise<void> {
  await claimPreview(db, rollout);
  await insertRollout(db, rollout);
  await appendEvents(db, eventsOf(rollout, events, rollout.createdAt));
  await wakeDeployment(db, rollout.deployment);
}

/** Whether the revision was ever fully promoted: what a rollout leaves from is always the stable revision. */
export async function wasPromoted(db: Db, deployment: string, revision: number): Promise<boolean> {
  const row = await db
    .selectFrom("rollouts")
    .select("id")
    .where("deployment_id", "=", deployment)
    .where(sql<boolean>`(state ->> 'fromRevision')::integer = ${revision}`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The rollout that delivered the revision that serves now, and was no rollback itself; null when there is none. */
export async function deliveryOf(
  db: Db,
  deployment: string,
  stable: number,
): Promise<{ rollout: Rollout; rowVersion: number } | null> {
  const row = await db
    .selectFrom("rollouts")
    .select(["state", "row_version"])
    .where("deployment_id", "=", deployment)
    .where("phase", "=", "completed")
    .where(sql<boolean>`(state ->> 'toRevision')::integer = ${stable}`)
    .where(sql<boolean>`state ->> 'rollbackOf' is null`)
    .where(sql<boolean>`(state ->> 'fromRevision')::integer is distinct from ${stable}`)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : { rollout: reviveRollout(row.state), rowVersion: row.row_version };
}
