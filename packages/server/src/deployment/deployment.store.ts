import type { ArtifactKind, RouteSettings, Target } from "@sluice/core";
import { ARTIFACT_KINDS } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Trouble } from "../fleet/loaded.members.ts";

export interface StoredDeployment {
  id: string;
  project: string;
  environment: string;
  name: string;
  artifactId: string;
  artifact: string;
  kind: ArtifactKind;
  /** The last fully promoted revision; null before the first completed rollout. */
  stableRevision: number | null;
  /** Wanted instances of whatever revision serves. */
  replicas: number;
  stopped: boolean;
  deleting: boolean;
  labels: Record<string, string>;
  fence: number;
  createdAt: Date;
  updatedAt: Date;
  deployedBy: string;
  /** What its members are made of, for one that is at several targets; null for all others. */
  fleet: Fleet | null;
  /** Of a member: the deployment at several targets that it is part of. */
  parentId: string | null;
  /** Of a member: its target, as the environment had it last. */
  target: Target | null;
  /** Of a member: why it cannot be looked after, or what serves there does not. */
  trouble: Trouble | null;
}

/** A deployment at several targets has neither instances nor a route of its own; its members do. */
export interface Fleet {
  route: RouteSettings | null;
}

export interface DeploymentFilter {
  project: string;
  /** Exactly this one; null: those of every environment. */
  environment: string | null;
  /** A member's too, if it names one; all others are listed without members. */
  name?: string | undefined;
  artifact?: string | undefined;
  kind?: ArtifactKind | undefined;
  /** Labels that must all be there with exactly these values. */
  labels?: Record<string, string> | undefined;
  /** Only deployments created before the one with this id. */
  before?: string | undefined;
  limit: number;
}

export const selectDeployments = (db: Db) =>
  db
    .selectFrom("deployments as d")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .select([
      "d.id",
      "d.project",
      "d.environment",
      "d.name",
      "d.artifact_id as artifactId",
      "a.name as artifact",
      "a.kind",
      "d.stable_revision as stableRevision",
      "d.replicas",
      "d.stopped",
      "d.deleting",
      "d.labels",
      "d.fence",
      "d.created_at as createdAt",
      "d.updated_at as updatedAt",
      "d.deployed_by as deployedBy",
      "d.fleet",
      "d.parent_id as parentId",
      "d.target",
      "d.trouble",
    ]);

export type DeploymentRow = Awaited<ReturnType<ReturnType<typeof selectDeployments>["execute"]>>[number];

export function storedDeployment(row: DeploymentRow): StoredDeployment {
  const kind = ARTIFACT_KINDS.find((known) => known === row.kind);
  if (kind === undefined) throw new Error(`artifact ${row.artifactId} has the unknown kind ${row.kind}`);
  const { fleet, target, trouble } = row;
  return {
    ...row,
    kind,
    fleet: fleet as Fleet | null,
    target: target as Target | null,
    trouble: trouble as Trouble | null,
  };
}

export async function findDeployment(db: Db, id: string): Promise<StoredDeployment | null> {
  const row = await selectDeployments(db).where("d.id", "=", id).executeTakeFirst();
  return row === undefined ? null : storedDeployment(row);
}

/** The same, locked until the transaction ends: changes of one deployment happen one after the other. */
export async function findDeploymentForUpdate(db: Db, id: string): Promise<StoredDeployment | null> {
  const row = await selectDeployments(db).where("d.id", "=", id).forNoKeyUpdate("d").executeTakeFirst();
  return row === undefined ? null : storedDeployment(row);
}

/** Newest first. */
export async function listDeployments(db: Db, filter: DeploymentFilter): Promise<StoredDeployment[]> {
  let query = selectDeployments(db).where("d.project", "=", filter.project);
  if (filter.environment !== null) query = query.where("d.environment", "=", filter.environment);
  query = filter.name === undefined ? query.where("d.parent_id", "is", null) : query.where("d.name", "=", filter.name);
  if (filter.artifact !== undefined) query = query.where("a.name", "=", filter.artifact);
  if (filter.kind !== undefined) query = query.where("a.kind", "=", filter.kind);
  if (filter.labels !== undefined && Object.keys(filter.labels).length > 0) {
    query = query.where(sql<boolean>`d.labels @> ${JSON.stringify(filter.labels)}::jsonb`);
  }
  if (filter.before !== undefined) query = query.where("d.id", "<", filter.before);
  const rows = await query.orderBy("d.id", "desc").limit(filter.limit).execute();
  return rows.map(storedDeployment);
}

export interface NewDeployment {
  id: string;
  project: string;
  environment: string;
  name: string;
  artifact: { id: string; name: string; kind: ArtifactKind };
  replicas: number;
  labels: Record<string, string>;
  deployedBy: string;
  at: Date;
  /** Default: it runs at one target. */
  fleet?: Fleet | null;
  /** Of a member. */
  member?: { parent: string; target: Target };
}

/** Null when the name is taken in its environment. Waits for another creation of the same name to end, either way. */
export async function insertDeployment(db: Db, deployment: NewDeployment): Promise<StoredDeployment | null> {
  const { artifact, at, labels, fleet = null, member, ...rest } = deployment;
  const inserted = await db
    .insertInto("deployments")
    .values({
      id: deployment.id,
      project: deployment.project,
      environment: deployment.environment,
      name: deployment.name,
      artifact_id: artifact.id,
      stable_revision: null,
      replicas: deployment.replicas,
      labels: JSON.stringify(labels),
      created_at: at,
      updated_at: at,
      deployed_by: deployment.deployedBy,
      fleet: fleet === null ? null : JSON.stringify(fleet),
      parent_id: member?.parent ?? null,
      target: member === undefined ? null : JSON.stringify(member.target),
    })
    .onConflict((conflict) => conflict.columns(["project", "environment", "name"]).doNothing())
    .returning(["stable_revision as stableRevision", "stopped", "deleting", "fence"])
    .executeTakeFirst();
  if (inserted === undefined) return null;
  const { id: artifactId, name, kind } = artifact;
  const times = { createdAt: at, updatedAt: at };
  const place = { fleet, parentId: member?.parent ?? null, target: member?.target ?? null, trouble: null };
  return { ...rest, ...inserted, ...place, ...times, labels, artifactId, artifact: name, kind };
}

/** What people change of a deployment without a rollout; the engine makes it so. */
export interface DeploymentChange {
  replicas?: number;
  stopped?: boolean;
  deleting?: true;
  fence?: number;
}

export async function changeDeployment(db: Db, id: string, change: DeploymentChange, at: Date): Promise<void> {
  await db
    .updateTable("deployments")
    .set({ ...change, updated_at: at })
    .where("id", "=", id)
    .execute();
}
