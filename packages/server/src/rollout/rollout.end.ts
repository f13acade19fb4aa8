import { abandonRollout, type Instant } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { appendEvents } from "../event/event.store.ts";
import { eventsOf } from "./rollout.start.ts";
import { activeRolloutsForUpdate, saveRollout } from "./rollout.store.ts";

/** Ends every rollout of a deployment that goes away; answers their ids. */
export async function abandonRollouts(db: Db, deployment: string, actor: string, now: Instant): Promise<string[]> {
  const active = await activeRolloutsForUpdate(db, deployment);
  for (const { rollout, rowVersion } of active) {
    const abandoned = abandonRollout(rollout, { actor, now });
    await saveRollout(db, abandoned.rollout, rowVersion);
    await appendEvents(db, eventsOf(abandoned.rollout, abandoned.events, now));
  }
  return active.map(({ rollout }) => rollout.id);
}
