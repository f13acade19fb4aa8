import { applyCommand, type CommandContext, type Rollout, waitsForApproval } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { eventsOf } from "../rollout/rollout.start.ts";
import { findRolloutForUpdate, saveRollout } from "../rollout/rollout.store.ts";

/**
 * Somebody's word to the whole is their word at each target that asks for it now, in the same transaction. Throws what the
 * approval of any of them throws: nobody approves half.
 */
export async function approveAtTargets(db: Db, { members }: Rollout, context: CommandContext): Promise<void> {
  for (const { rollout: id } of members.filter(({ asks }) => asks)) {
    const stored = id === null ? null : await findRolloutForUpdate(db, id);
    if (stored === null || !waitsForApproval(stored.rollout)) continue;
    const { rollout, events } = applyCommand(stored.rollout, "approve", context);
    await saveRollout(db, rollout, stored.rowVersion);
    await appendEvents(db, eventsOf(rollout, events, context.now));
    await wakeDeployment(db, rollout.deployment);
  }
}
