import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** One act of bringing a version somewhere, and how long it served there. */
export interface Delivery {
  rollout: string;
  deployment: string;
  name: string;
  environment: string;
  version: string;
  fromVersion: string | null;
  revision: number;
  strategy: string;
  outcome: string;
  triggeredBy: string;
  startedAt: Date;
  finishedAt: Date | null;
  servedFrom: Date | null;
  servedUntil: Date | null;
}

export interface DeliveryFilter {
  artifactId: string;
  environment: string | null;
  version?: string | undefined;
  before?: string | undefined;
  limit: number;
}

/** Whether a rollout ended with its version serving: a shadow and an A/B test that promotes nobody end with the one before. */
const served = (rollout: string) => sql<boolean>`(${sql.ref(`${rollout}.phase`)} = 'completed'
  and ${sql.ref(`${rollout}.state`)} -> 'strategy' ->> 'type' <> 'shadow'
  and not (${sql.ref(`${rollout}.state`)} -> 'strategy' ->> 'type' = 'ab'
    and ${sql.ref(`${rollout}.state`)} -> 'strategy' ->> 'promoteWinner' is not distinct from 'false'))`;

/** Across all environments, newest first. */
export async function listDeliveries(
  db: Db,
  { artifactId, environment, version, before, limit }: DeliveryFilter,
): Promise<Delivery[]> {
  let query = db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .select(["r.id as rollout", "d.id as deployment", "d.name", "d.environment", "r.phase as outcome"])
    .select(["r.created_at as startedAt", "r.finished_at as finishedAt"])
    .select([
      sql<string>`r.state ->> 'toVersion'`.as("version"),
      sql<string | null>`r.state ->> 'fromVersion'`.as("fromVersion"),
      sql<number>`(r.state ->> 'toRevision')::integer`.as("revision"),
      sql<string>`r.state -> 'strategy' ->> 'type'`.as("strategy"),
      sql<string>`r.state ->> 'triggeredBy'`.as("triggeredBy"),
      sql<Date | null>`case when ${served("r")} then r.finished_at end`.as("servedFrom"),
      sql<Date | null>`case when ${served("r")} then (
        select min(n.finished_at) from rollouts n
        where n.deployment_id = r.deployment_id and n.id > r.id and ${served("n")}) end`.as("servedUntil"),
    ])
    .where("d.artifact_id", "=", artifactId)
    .where("r.part_of", "is", null);
  if (environment !== null) query = query.where("d.environment", "=", environment);
  if (version !== undefined) query = query.where(sql<boolean>`r.state ->> 'toVersion' = ${version}`);
  if (before !== undefined) query = query.where("r.id", "<", before);
  return query.orderBy("r.id", "desc").limit(limit).execute();
}
