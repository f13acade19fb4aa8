import { configSchema, type DeploymentConfig, type Rollout, type RouteSettings, reviveRollout } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { DesiredTraffic, StoredRoute } from "../routing/route.store.ts";
import { type StoredDeployment, selectDeployments, storedDeployment } from "./deployment.store.ts";
import type { DesiredWorkload } from "./workload.store.ts";

/** What a deployment's view tells of a revision. */
export interface PicturedRevision {
  number: number;
  version: string;
  config: DeploymentConfig;
}

/** All that is stored of a deployment and that its view tells of. */
export interface StoredPicture {
  deployment: StoredDeployment;
  /** The rollout that holds the deployment: the oldest that has not ended. */
  active: Rollout | null;
  workloads: DesiredWorkload[];
  route: StoredRoute | null;
  /** Those that serve, are delivered or are wanted, and the newest one; by number. */
  revisions: ReadonlyMap<number, PicturedRevision>;
}

const ACTIVE = sql<Rollout | null>`
  (select state from rollouts where deployment_id = d.id and active order by id limit 1)`;

const WORKLOADS = sql<DesiredWorkload[]>`
  (select coalesce(json_agg(json_build_object(
            'revision', revision, 'replicas', replicas,
            'retireAt', (extract(epoch from retire_at) * 1000)::bigint) order by revision), '[]')
   from workloads where deployment_id = d.id)`;

const REVISIONS = sql<(Omit<PicturedRevision, "config"> & { config: unknown })[]>`
  (select json_agg(json_build_object('number', r.number, 'version', v.version, 'config', r.config))
   from revisions r join versions v on v.id = r.version_id
   where r.deployment_id = d.id
     and (r.number = d.stable_revision
          or r.number = (select max(number) from revisions where deployment_id = d.id)
          or r.number in (select revision from workloads where deployment_id = d.id)
          or r.number in (select (state ->> 'toRevision')::integer from rollouts where deployment_id = d.id and active)))`;

/** Everything in one query: most of what reading a deployment costs is its round trips to the database. */
const selectPictures = (db: Db) =>
  selectDeployments(db)
    .leftJoin("routes", "routes.deployment_id", "d.id")
    .select(["routes.settings", "routes.desired", "routes.epoch"])
    .select([ACTIVE.as("active"), WORKLOADS.as("workloads"), REVISIONS.as("revisions")]);

type Row = Awaited<ReturnType<ReturnType<typeof selectPictures>["execute"]>>[number];

/** By `=` and not by `any`: only then does PostgreSQL keep one plan for all ids, and planning is what costs most here. */
export async function storedPicture(db: Db, id: string): Promise<StoredPicture | null> {
  const row = await selectPictures(db).where("d.id", "=", id).executeTakeFirst();
  return row === undefined ? null : pictureOf(row);
}

/** The pictures of those deployments that exist, in the order of their ids. */
export async function storedPictures(db: Db, ids: readonly string[]): Promise<StoredPicture[]> {
  if (ids.length === 0) return [];
  const rows = await selectPictures(db).where(sql<boolean>`d.id = any(${ids})`).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []).map(pictureOf);
}

/** The pictures of all members of those deployments, in the order in which they were made. */
export async function storedMembers(db: Db, parents: readonly string[]): Promise<StoredPicture[]> {
  const rows = await selectPictures(db).where(sql<boolean>`d.parent_id = any(${parents})`).orderBy("d.id").execute();
  return rows.map(pictureOf);
}

const pictureOf = ({ settings, desired, epoch, active, workloads, revisions, ...row }: Row): StoredPicture => ({
  deployment: storedDeployment(row),
  active: active === null ? null : reviveRollout(active),
  workloads,
  route: routeOf(row.id, settings, desired, epoch),
  revisions: new Map(revisions.map((one) => [one.number, { ...one, config: configSchema.parse(one.config) }])),
});

function routeOf(deployment: string, settings: object | null, desired: object | null, epoch: number | null) {
  if (settings === null || desired === null || epoch === null) return null;
  return { deployment, settings: settings as RouteSettings, desired: desired as DesiredTraffic, epoch };
}
