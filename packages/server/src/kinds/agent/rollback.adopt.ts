import {
  agentTier,
  agentTrigger,
  beginAgentRollback,
  environmentSchema,
  type Instant,
  type Rollout,
  reviveRollout,
} from "@sluice/core";
import { type Kysely, sql } from "kysely";
import { newId } from "../../db/ids.ts";
import type { Database } from "../../db/schema.ts";
import { appendEvents } from "../../event/event.store.ts";
import { rollbackEvents } from "./rollback.events.ts";
import { insertAgentRollback } from "./rollback.store.ts";

/** What turned back longer ago than this was seen by an earlier server, or is nobody's concern any more. */
const LOOK_BACK = "7 days";

/**
 * Takes up the deployments of agents that turned back without anybody having asked for it here: by their own judgement, or by a
 * command of the native interface. Their data is kept, and a step that fails does not keep the others from being done.
 */
export async function adoptRollbacks(db: Kysely<Database>, now: () => Instant): Promise<void> {
  for (const { rollout, agent, spec } of await turnedBack(db)) {
    const { rollback, events } = beginAgentRollback(
      {
        id: newId("rbk"),
        project: rollout.project,
        environment: rollout.environment,
        agent,
        deployment: rollout.deployment,
        rollout: rollout.id,
        revision: rollout.toRevision,
        previous: rollout.fromRevision,
        trigger: agentTrigger(rollout.trigger),
        reason: rollout.reason ?? "it turned back",
        actor: "engine",
        options: {
          preserveData: true,
          forceRollback: true,
          cleanupResources: true,
          backupBeforeRollback: agentTier(environmentSchema.parse(spec)).backupEnabled,
        },
      },
      now(),
    );
    await db.transaction().execute(async (tx) => {
      if (await insertAgentRollback(tx, rollback)) await appendEvents(tx, rollbackEvents(rollback, events));
    });
  }
}

/** Only those that had come so far that something was started, or promoted. */
async function turnedBack(db: Kysely<Database>): Promise<{ rollout: Rollout; agent: string; spec: object }[]> {
  const rows = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .innerJoin("environments as e", (join) =>
      join.onRef("e.project", "=", "d.project").onRef("e.name", "=", "d.environment"),
    )
    .leftJoin("agent_rollbacks as b", "b.rollout_id", "r.id")
    .select(["r.state", "a.name as agent", "e.spec"])
    .where("a.kind", "=", "agent")
    .where("b.id", "is", null)
    .where("r.updated_at", ">", sql<Date>`now() - ${LOOK_BACK}::interval`)
    .where(sql<boolean>`r.state ->> 'rollbackOf' is null`)
    .where(
      sql<boolean>`(r.phase in ('rolling_back', 'rolled_back')
        or (r.phase in ('failed', 'cancelled') and r.state ->> 'returningTo' is not null))`,
    )
    .execute();
  return rows.map(({ state, agent, spec }) => ({ rollout: reviveRollout(state), agent, spec }));
}
