import {
  type EnvironmentSpec,
  type Instant,
  type Rollout,
  type RouteSettings,
  reviveRollout,
  type Target,
  targetName,
} from "@sluice/core";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import {
  insertDeployment,
  type StoredDeployment,
  selectDeployments,
  storedDeployment,
} from "../deployment/deployment.store.ts";
import { insertRoute } from "../routing/route.store.ts";
import { memberName } from "./member.name.ts";
import { memberRoute } from "./member.route.ts";

/** In the order in which they were made. */
export async function membersOfDeployment(db: Db, parent: string): Promise<StoredDeployment[]> {
  const rows = await selectDeployments(db).where("d.parent_id", "=", parent).orderBy("d.id").execute();
  return rows.map(storedDeployment);
}

/** The member at that target, locked until the transaction ends; null when there is none. */
export async function lockMember(db: Db, parent: string, target: string): Promise<StoredDeployment | null> {
  const row = await selectDeployments(db)
    .where("d.parent_id", "=", parent)
    .where(sql<boolean>`d.target ->> 'name' = ${target}`)
    .forNoKeyUpdate("d")
    .executeTakeFirst();
  return row === undefined ? null : storedDeployment(row);
}

/**
 * Sees to it that the deployment has a member at every target of its environment, each with all revisions under the same numbers
 * and with its own route. One that is on its way out stays so, and is made again by the rollout that wants it. Throws
 * `already_exists` when somebody else has the route there.
 */
export async function ensureMembers(
  db: Db,
  parent: StoredDeployment,
  environment: EnvironmentSpec,
  now: Instant,
): Promise<void> {
  const present = (await membersOfDeployment(db, parent.id)).map(({ name }) => name);
  for (const target of environment.targets) {
    if (!present.includes(memberName(parent.name, target))) await insertMember(db, parent, target, environment, now);
  }
}

async function insertMember(
  db: Db,
  parent: StoredDeployment,
  target: Target,
  environment: EnvironmentSpec,
  now: Instant,
): Promise<void> {
  const { project, environment: environmentName, artifactId, artifact, kind, replicas, labels, deployedBy } = parent;
  const named = { ...target, name: targetName(target) };
  const member = await insertDeployment(db, {
    id: newId("dep"),
    project,
    environment: environmentName,
    name: memberName(parent.name, target),
    artifact: { id: artifactId, name: artifact, kind },
    replicas,
    labels,
    deployedBy,
    at: new Date(now),
    member: { parent: parent.id, target: named },
  });
  if (member === null) return;
  await copyRevisions(db, parent.id, member.id);
  const route = parent.fleet?.route ?? null;
  if (route !== null) await claimRoute(db, member, route, environment);
}

async function claimRoute(db: Db, member: StoredDeployment, route: RouteSettings, environment: EnvironmentSpec) {
  if (member.target === null) return;
  const { settings, plane } = memberRoute(route, member.target, environment);
  await insertRoute(db, member.id, settings, member.fence, plane);
}

const copyRevisions = (db: Db, from: string, to: string) =>
  sql`
    insert into revisions (deployment_id, number, version_id, digest, config, created_at, created_by)
    select ${to}, number, version_id, digest, config, created_at, created_by from revisions where deployment_id = ${from}
    on conflict do nothing`.execute(db);

/** Gives every member the revisions that the whole has, under the same numbers. */
export async function shareRevisions(db: Db, parent: string): Promise<void> {
  await sql`
    insert into revisions (deployment_id, number, version_id, digest, config, created_at, created_by)
    select m.id, r.number, r.version_id, r.digest, r.config, r.created_at, r.created_by
    from revisions r join deployments m on m.parent_id = r.deployment_id
    where r.deployment_id = ${parent}
    on conflict do nothing`.execute(db);
}

/** The newest first: what was begun at one target for a rollout of the whole. */
export async function rolloutsFor(
  db: Kysely<Database> | Transaction<Database>,
  member: string,
  whole: string,
): Promise<Rollout[]> {
  const rows = await db
    .selectFrom("rollouts")
    .select("state")
    .where("deployment_id", "=", member)
    .where("part_of", "=", whole)
    .orderBy("id", "desc")
    .execute();
  return rows.map(({ state }) => reviveRollout(state));
}
