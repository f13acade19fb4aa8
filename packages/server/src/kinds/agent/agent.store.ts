import {
  type Instant,
  learnOverheads,
  type Phase,
  type PhaseOverheads,
  type PhaseSpan,
  phaseSpans,
  type Rollout,
  reviveRollout,
} from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import { rolloutsFor } from "../../fleet/member.store.ts";

export interface AgentRolloutFilter {
  project: string;
  environment?: string | undefined;
  agent?: string | undefined;
  phases?: readonly Phase[] | undefined;
  /** Only those that have not ended, or whose way back has steps left. */
  active?: boolean | undefined;
  before?: string | undefined;
  limit: number;
}

/** Deliveries of agents, newest first; ways back, and what is done at each of several targets, are a part of them. */
export async function listAgentRollouts(db: Db, filter: AgentRolloutFilter): Promise<Rollout[]> {
  let query = db
    .selectFrom("rollouts")
    .innerJoin("deployments", "deployments.id", "rollouts.deployment_id")
    .innerJoin("artifacts", "artifacts.id", "deployments.artifact_id")
    .select("rollouts.state")
    .where("artifacts.kind", "=", "agent")
    .where("rollouts.project", "=", filter.project)
    .where("rollouts.part_of", "is", null)
    .where(sql<boolean>`rollouts.state ->> 'rollbackOf' is null`);
  if (filter.environment !== undefined) query = query.where("rollouts.environment", "=", filter.environment);
  if (filter.agent !== undefined) query = query.where("rollouts.artifact", "=", filter.agent);
  if (filter.phases !== undefined) query = query.where("rollouts.phase", "in", filter.phases);
  if (filter.before !== undefined) query = query.where("rollouts.id", "<", filter.before);
  if (filter.active === true) {
    query = query.where((where) =>
      where.or([
        where("rollouts.active", "=", true),
        where.exists(
          where
            .selectFrom("agent_rollbacks")
            .select("agent_rollbacks.id")
            .whereRef("agent_rollbacks.rollout_id", "=", "rollouts.id")
            .where("agent_rollbacks.status", "=", "running"),
        ),
      ]),
    );
  }
  const rows = await query.orderBy("rollouts.id", "desc").limit(filter.limit).execute();
  return rows.map(({ state }) => reviveRollout(state));
}

/** The phases that each rollout passed, as its events tell. */
export async function spansOf(db: Db, rollouts: readonly Rollout[]): Promise<Map<string, PhaseSpan[]>> {
  const moves = new Map(rollouts.map(({ id }): [string, { to: Phase; at: Instant }[]] => [id, []]));
  if (rollouts.length > 0) {
    const rows = await db
      .selectFrom("events")
      .select(["rollout_id", "at", sql<Phase>`data ->> 'to'`.as("to")])
      .where("type", "=", "rollout.phase.changed")
      .where("rollout_id", "in", [...moves.keys()])
      .orderBy("seq")
      .execute();
    for (const { rollout_id, to, at } of rows) moves.get(rollout_id ?? "")?.push({ to, at: at.getTime() });
  }
  return new Map(rollouts.map(({ id, createdAt }) => [id, phaseSpans(createdAt, moves.get(id) ?? [])]));
}

/** Deliveries of one deployment that a guess is learnt from. */
const LEARNT_FROM = 20;

/** What deliveries of the same deployment took that were completed before this one began. */
export async function learntFor(db: Db, { deployment, createdAt }: Rollout): Promise<PhaseOverheads> {
  const rows = await db
    .selectFrom("rollouts")
    .select("state")
    .where("deployment_id", "=", deployment)
    .where("phase", "=", "completed")
    .where("finished_at", "<", new Date(createdAt))
    .where(sql<boolean>`state ->> 'rollbackOf' is null`)
    .orderBy("id", "desc")
    .limit(LEARNT_FROM)
    .execute();
  const past = rows.map(({ state }) => reviveRollout(state));
  const spans = await spansOf(db, past);
  return learnOverheads(past.map((rollout) => ({ rollout, spans: spans.get(rollout.id) ?? [] })));
}

/** The deployment of an agent, whatever its name, in an environment; the newest when there are several. */
export async function findAgentDeployment(
  db: Db,
  { artifactId, environment, name }: { artifactId: string; environment: string; name: string },
): Promise<{ id: string; name: string; stopped: boolean } | null> {
  const rows = await db
    .selectFrom("deployments")
    .select(["id", "name", "stopped"])
    .where("artifact_id", "=", artifactId)
    .where("environment", "=", environment)
    .where("parent_id", "is", null)
    .where("deleting", "=", false)
    .orderBy("id", "desc")
    .execute();
  return rows.find((row) => row.name === name) ?? rows[0] ?? null;
}

/** The version that was registered last; null while there is none. */
export async function newestVersion(db: Db, artifactId: string): Promise<string | null> {
  const row = await db
    .selectFrom("versions")
    .select("version")
    .where("artifact_id", "=", artifactId)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.version ?? null;
}

/** The delivery that brought what a deployment is meant to run: the one under way, else the one of what serves. */
export async function currentDelivery(db: Db, deployment: string): Promise<Rollout | null> {
  const row = await db
    .selectFrom("rollouts")
    .innerJoin("deployments", "deployments.id", "rollouts.deployment_id")
    .select("rollouts.state")
    .where("deployment_id", "=", deployment)
    .where(sql<boolean>`state ->> 'rollbackOf' is null`)
    .where(sql<boolean>`(active or (phase = 'completed' and (state ->> 'toRevision')::integer = stable_revision))`)
    .orderBy("active", "desc")
    .orderBy("rollouts.id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : reviveRollout(row.state);
}

/**
 * The rollout that brings a deployment back from one that had been completed, the newest; at one of several targets that of the
 * whole until there is one there. Null when there is none.
 */
export async function reverseOf(db: Db, rollout: string, partOf: string | null): Promise<Rollout | null> {
  const own = await takenBackBy(db, rollout);
  return own !== null || partOf === null ? own : takenBackBy(db, partOf);
}

/** The tests of a delivery to several targets: those of the first, which holds for all. */
export async function testsAtTargets(db: Db, rollout: string): Promise<Rollout["tests"]> {
  const rows = await db
    .selectFrom("rollouts")
    .select("state")
    .where("part_of", "=", rollout)
    .orderBy("id", "desc")
    .execute();
  return rows.map(({ state }) => reviveRollout(state).tests).find((tests) => tests.length > 0) ?? [];
}

/** What was begun at one of several targets for a delivery to all of them, newest first; not what took it back again. */
export async function deliveriesFor(db: Db, member: string, { id, toRevision }: Rollout): Promise<Rollout[]> {
  return (await rolloutsFor(db, member, id)).filter((one) => one.toRevision === toRevision);
}

async function takenBackBy(db: Db, rollout: string): Promise<Rollout | null> {
  const row = await db
    .selectFrom("rollouts")
    .select("state")
    .where("deployment_id", "=", (eb) =>
      eb.selectFrom("rollouts as r").select("r.deployment_id").where("r.id", "=", rollout),
    )
    .where(sql<boolean>`state ->> 'rollbackOf' = ${rollout}`)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : reviveRollout(row.state);
}
