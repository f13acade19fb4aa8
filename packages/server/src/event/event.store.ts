import type { Db } from "../db/database.ts";

export interface EventInput {
  project: string;
  deployment: string | null;
  rollout: string | null;
  /** `<noun>.<noun>.<past participle>`, for example `rollout.phase.changed`. */
  type: string;
  message: string;
  alert: boolean;
  data: Record<string, unknown>;
  at: Date;
}

/** Listeners of this channel look for new events; the payload is the project. */
export const EVENT_CHANNEL = "sluice_events";

/** Stores events in the caller's transaction and rings the bell of every open stream when it commits. */
export async function appendEvents(db: Db, events: readonly EventInput[]): Promise<void> {
  if (events.length === 0) return;
  await db
    .insertInto("events")
    .values(
      events.map(({ deployment, rollout, data, ...event }) => ({
        ...event,
        deployment_id: deployment,
        rollout_id: rollout,
        data: JSON.stringify(data),
      })),
    )
    // Rung many times in one transaction, the bell is heard once.
    .returning(({ fn, ref, val }) => fn("pg_notify", [val(EVENT_CHANNEL), ref("project")]).as("rung"))
    .execute();
}
