import type { Instant } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { changeDeployment, findDeploymentForUpdate } from "../deployment/deployment.store.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { abandonRollouts } from "../rollout/rollout.end.ts";

/** Takes a member away: traffic first, then instances, then the row, which wakes the whole. False when it goes already. */
export async function sendAway(db: Db, member: string, actor: string, now: Instant): Promise<boolean> {
  const found = await findDeploymentForUpdate(db, member);
  if (found === null || found.deleting) return false;
  await abandonRollouts(db, member, actor, now);
  await changeDeployment(db, member, { deleting: true }, new Date(now));
  await wakeDeployment(db, member);
  return true;
}
