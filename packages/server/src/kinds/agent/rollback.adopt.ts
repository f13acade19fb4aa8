import { agentTier, agentTrigger, environmentSchema, type Instant, type Rollout, reviveRollout } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import { noteRollback } from "./rollback.begin.ts";

/** What turned back longer ago than this was seen by an earlier server, or is nobody's concern any more. */
const LOOK_BACK = "7 days";

/**
 * Takes up the deployments of agents that turned back without anybody having asked for it here: by their own judgement, or by a
 * command of the native interface. Their data is kept, and a step that fails does not keep the others from being done.
 */
export async function adoptRollbacks(db: Kysely<Database>, now: () => Instant): Promise<void> {
  for (const { rollout, spec } of await turnedBack(db)) {
    const options = {
      preserveData: true,
      forceRollback: true,
      cleanupResources: true,
      backupBeforeRollback: agentTier(environmentSchema.parse(spec)).backupEnabled,
    };
    const why = { trigger: agentTrigger(rollout.trigger), reason: rollout.reason ?? "it turned back" };
    await db.transaction().execute((tx) => noteRollback(tx, rollout, { ...why, actor: "engine", options }, now()));
  }
}

/** Only those that had come so far that something was started, or promoted. */
async function turnedBack(db: Kysely<Database>): Promise<{ rollout: Rollout; spec: object }[]> {
  const rows = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .innerJoin("environments as e", (join) =>
      join.onRef("e.project", "=", "d.project").onRef("e.name", "=", "d.environment"),
    )
    .leftJoin("agent_rollbacks as b", "b.rollout_id", "r.id")
    .select(["r.state", "e.spec"])
    .where("a.kind", "=", "agent")
    .where("b.id", "is", null)
    .where("r.part_of", "is", null)
    .where("r.updated_at", ">", sql<Date>`now() - ${LOOK_BACK}::interval`)
    .where(sql<boolean>`r.state ->> 'rollbackOf' is null`)
    .where(
      sql<boolean>`(r.phase in ('rolling_back', 'rolled_back')
        or (r.phase in ('failed', 'cancelled') and r.state ->> 'returningTo' is not null))`,
    )
    .execute();
  return rows.map(({ state, spec }) => ({ rollout: reviveRollout(state), spec }));
}
