import type { Instant } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import { selectDeployments } from "../deployment/deployment.store.ts";
import type { StoredEvent } from "../event/event.reader.ts";

/** What is known of the deployment that an event is about. */
export interface DeploymentContext {
  id: string;
  name: string;
  environment: string;
  artifact: string;
  kind: string;
  /** The last fully promoted revision, when the event is heeded. */
  stableRevision: number | null;
  /** The deployment that it is one target of; null when it is a whole. */
  partOf: string | null;
}

export interface RolloutContext {
  id: string;
  trigger: string | null;
  requiredApprovals: number;
  fromVersion: string | null;
  toVersion: string;
  toRevision: number;
  reason: string | null;
}

export interface EventContext {
  deployment: DeploymentContext | null;
  rollout: RolloutContext | null;
}

/** One look for a batch of events. What is gone meanwhile has no context, and matches no filter. */
export async function contextsOf(
  db: Db,
  events: readonly StoredEvent[],
): Promise<(event: StoredEvent) => EventContext> {
  const deployments = await deploymentsById(
    db,
    idsOf(events, (event) => event.deployment),
  );
  const rollouts = await rolloutsById(
    db,
    idsOf(events, (event) => event.rollout),
  );
  return ({ deployment, rollout }) => ({
    deployment: deployment === null ? null : (deployments.get(deployment) ?? null),
    rollout: rollout === null ? null : (rollouts.get(rollout) ?? null),
  });
}

const idsOf = (events: readonly StoredEvent[], pick: (event: StoredEvent) => string | null): string[] => [
  ...new Set(events.map(pick).filter((id) => id !== null)),
];

async function deploymentsById(db: Db, ids: readonly string[]): Promise<Map<string, DeploymentContext>> {
  if (ids.length === 0) return new Map();
  const rows = await selectDeployments(db).where("d.id", "in", ids).execute();
  return new Map(
    rows.map(({ id, name, environment, artifact, kind, stableRevision, parentId: partOf }) => [
      id,
      { id, name, environment, artifact, kind, stableRevision, partOf },
    ]),
  );
}

async function rolloutsById(db: Db, ids: readonly string[]): Promise<Map<string, RolloutContext>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("rollouts")
    .select([
      "id",
      sql<string | null>`state ->> 'trigger'`.as("trigger"),
      sql<number>`coalesce((state ->> 'requiredApprovals')::integer, 0)`.as("requiredApprovals"),
      sql<string | null>`state ->> 'fromVersion'`.as("fromVersion"),
      sql<string>`state ->> 'toVersion'`.as("toVersion"),
      sql<number>`(state ->> 'toRevision')::integer`.as("toRevision"),
      sql<string | null>`state ->> 'reason'`.as("reason"),
    ])
    .where("id", "in", ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** Times of the clock are numbers inside and ISO texts outside. */
export const isoOf = (at: Instant | Date): string => new Date(at).toISOString();
