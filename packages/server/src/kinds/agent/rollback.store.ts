import { type AgentRollback, SluiceError } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import type { TargetRollback } from "./rollback.targets.ts";

export interface StoredAgentRollback {
  rollback: AgentRollback;
  /** What the next change must name, so that none is lost. */
  rowVersion: number;
}

const COLUMNS = ["state", "row_version"] as const;
const stored = (row: { state: AgentRollback; row_version: number }): StoredAgentRollback => ({
  rollback: row.state,
  rowVersion: row.row_version,
});

/** False when its rollout is being taken back already. */
export async function insertAgentRollback(db: Db, rollback: AgentRollback): Promise<boolean> {
  const result = await db
    .insertInto("agent_rollbacks")
    .values({
      id: rollback.id,
      rollout_id: rollback.rollout,
      deployment_id: rollback.deployment,
      project: rollback.project,
      status: rollback.status,
      state: JSON.stringify(rollback),
      created_at: new Date(rollback.createdAt),
    })
    .onConflict((conflict) => conflict.column("rollout_id").doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Replaces the state that was read as `rowVersion`. Throws `aborted` when somebody else changed it meanwhile. */
export async function saveAgentRollback(db: Db, rollback: AgentRollback, rowVersion: number): Promise<void> {
  const result = await db
    .updateTable("agent_rollbacks")
    .set({
      status: rollback.status,
      state: JSON.stringify(rollback),
      row_version: rowVersion + 1,
      finished_at: rollback.finishedAt === null ? null : new Date(rollback.finishedAt),
    })
    .where("id", "=", rollback.id)
    .where("row_version", "=", rowVersion)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    throw new SluiceError("aborted", `rollback ${rollback.id} was changed by someone else; read it again`);
  }
}

export async function findAgentRollback(db: Db, id: string): Promise<StoredAgentRollback | null> {
  const row = await db.selectFrom("agent_rollbacks").select(COLUMNS).where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** By the rollout that is taken back, in no particular order. */
export async function agentRollbacksOf(db: Db, rollouts: readonly string[]): Promise<StoredAgentRollback[]> {
  if (rollouts.length === 0) return [];
  const rows = await db.selectFrom("agent_rollbacks").select(COLUMNS).where("rollout_id", "in", rollouts).execute();
  return rows.map(stored);
}

/** Of a rollout to several targets that is being taken back: what is done about it at each that is left, in their order. */
export async function rollbacksAtTargets(db: Db, rollout: string): Promise<(StoredAgentRollback & TargetRollback)[]> {
  const rows = await db
    .selectFrom("agent_rollbacks as b")
    .innerJoin("rollouts as r", "r.id", "b.rollout_id")
    .innerJoin("deployments as d", "d.id", "b.deployment_id")
    .select(["b.state", "b.row_version", sql<string>`d.target ->> 'name'`.as("target")])
    .where("r.part_of", "=", rollout)
    .orderBy("d.id")
    .execute();
  return rows.map((row) => ({ ...stored(row), target: row.target }));
}

/** Those that `server` can work at: data and instances of the others are on the machine of their own server. */
export async function runningAgentRollbacks(db: Db, server: string): Promise<string[]> {
  const rows = await db
    .selectFrom("agent_rollbacks as r")
    .leftJoin("deployments as d", "d.id", "r.deployment_id")
    .select("r.id")
    .where("r.status", "=", "running")
    .where((where) => where.or([where("d.server", "is", null), where("d.server", "=", server)]))
    .orderBy("r.id")
    .execute();
  return rows.map(({ id }) => id);
}

export async function isBeingRolledBack(db: Db, deployment: string): Promise<boolean> {
  const row = await db
    .selectFrom("agent_rollbacks")
    .select("id")
    .where("deployment_id", "=", deployment)
    .where("status", "=", "running")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Milliseconds that the last ones of a deployment took, the median; null while none has succeeded. */
export async function usualRollbackMs(db: Db, deployment: string): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select percentile_cont(0.5) within group (order by extract(epoch from finished_at - created_at) * 1000) as ms
    from (select created_at, finished_at from agent_rollbacks
          where deployment_id = ${deployment} and status = 'success' order by id desc limit 20) last`.execute(db);
  return rows[0]?.ms ?? null;
}
