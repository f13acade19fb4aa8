import { type AgentRollback, beginAgentRollback, type Instant, isTerminal, type Rollout } from "@sluice/core";
import type { Db } from "../../db/database.ts";
import { newId } from "../../db/ids.ts";
import { appendEvents } from "../../event/event.store.ts";
import { membersOfDeployment } from "../../fleet/member.store.ts";
import { findRolloutForUpdate } from "../../rollout/rollout.store.ts";
import { deliveriesFor } from "./agent.store.ts";
import { rollbackEvents } from "./rollback.events.ts";
import { insertAgentRollback } from "./rollback.store.ts";

/** Why an agent is taken back, by whom and how. */
type RollbackWish = Pick<AgentRollback, "trigger" | "reason" | "actor" | "options">;

/**
 * Notes that a delivery is being taken back and, where it is one to several targets, that so is what came of it at each: data and
 * instances are there. Null when somebody else has noted it.
 */
export async function noteRollback(
  db: Db,
  rollout: Rollout,
  wish: RollbackWish,
  now: Instant,
): Promise<AgentRollback | null> {
  const whole = await note(db, rollout, wish, now);
  if (whole === null || rollout.waves === null) return whole;
  // Nothing is delivered to one more target between this look and what the caller does about it.
  if (!isTerminal(rollout.phase)) await findRolloutForUpdate(db, rollout.id);
  for (const member of await membersOfDeployment(db, rollout.deployment)) {
    const [own] = await deliveriesFor(db, member.id, rollout);
    if (own !== undefined) await note(db, own, wish, now);
  }
  return whole;
}

async function note(db: Db, rollout: Rollout, wish: RollbackWish, now: Instant): Promise<AgentRollback | null> {
  const { rollback, events } = beginAgentRollback(
    {
      ...wish,
      id: newId("rbk"),
      project: rollout.project,
      environment: rollout.environment,
      agent: rollout.artifact,
      deployment: rollout.deployment,
      rollout: rollout.id,
      revision: rollout.toRevision,
      previous: rollout.fromRevision,
    },
    now,
  );
  if (!(await insertAgentRollback(db, rollback))) return null;
  await appendEvents(db, rollbackEvents(rollback, events));
  return rollback;
}
