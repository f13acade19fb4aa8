import {
  canonicalJson,
  type GuardConfig,
  type Pin,
  type Preview,
  type RouteConfig,
  type RouteSettings,
  type ShadowOptions,
  SluiceError,
  type Split,
} from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** What the active rollout, or the keeper of a resting deployment, wants of the route. */
export interface DesiredTraffic {
  /** Null: nothing serves yet, and the gateway is not told of the route. */
  split: Split | null;
  mirror: RouteConfig["mirror"];
  pins: Pin[];
  guard: GuardConfig | null;
  /** Absent in rows written before there was one. */
  preview?: Preview | null;
  /** How the mirror's answers are compared. */
  compare?: ShadowOptions | null;
}

export interface StoredRoute {
  deployment: string;
  settings: RouteSettings;
  desired: DesiredTraffic;
  /** Grows with every change of this row; the fence of the deployment at that moment. */
  epoch: number;
}

export const NO_TRAFFIC: DesiredTraffic = { split: null, mirror: null, pins: [], guard: null };

/** `plane`: whose address it is; absent: our gateway's. */
type RouteKey = Pick<RouteSettings, "host" | "path" | "headers" | "cookies"> & { plane?: string | undefined };

/** What no two routes may share. */
const keyOf = ({ host = "", path, headers = {}, cookies = {}, plane }: RouteKey) => ({
  host,
  path,
  conditions: canonicalJson({ headers, cookies, ...(plane === undefined ? {} : { plane }) }),
});

/**
 * Takes the route for the deployment. Throws `already_exists` naming the owner when another deployment has it, or shows
 * a candidate there (edge case 44); one that is just being claimed is waited for.
 */
export async function insertRoute(
  db: Db,
  deployment: string,
  settings: RouteSettings,
  epoch: number,
  plane?: string,
): Promise<void> {
  const key = { ...settings, plane };
  await lockRoute(db, key);
  const shown = await previewHolder(db, key, deployment);
  if (shown !== null) throw taken(settings, shown);
  const claimed = await db
    .insertInto("routes")
    .values({
      deployment_id: deployment,
      ...keyOf(key),
      settings: JSON.stringify(settings),
      desired: JSON.stringify(NO_TRAFFIC),
      epoch,
    })
    .onConflict((conflict) => conflict.columns(["host", "path", "conditions"]).doNothing())
    .returning("deployment_id")
    .executeTakeFirst();
  if (claimed === undefined) throw taken(settings, (await routeHolder(db, key)) ?? "a deployment that just went");
}

/** Which deployment other than `except` has this very route, in words; or null. */
export async function routeHolder(db: Db, settings: RouteKey, except: string | null = null): Promise<string | null> {
  const { host, path, conditions } = keyOf(settings);
  const row = await db
    .selectFrom("routes")
    .innerJoin("deployments", "deployments.id", "routes.deployment_id")
    .select(["deployments.id", "deployments.name", "deployments.environment"])
    .where("host", "=", host)
    .where("path", "=", path)
    .where("conditions", "=", conditions)
    .executeTakeFirst();
  return row === undefined || row.id === except ? null : `deployment ${row.name} in ${row.environment}`;
}

/** Which deployment other than `except` has a rollout under way that shows its candidate at this very address, in words; or null. */
export async function previewHolder(db: Db, settings: RouteKey, except: string): Promise<string | null> {
  const { host, path, conditions } = keyOf(settings);
  const row = await db
    .selectFrom("rollouts")
    .innerJoin("routes", "routes.deployment_id", "rollouts.deployment_id")
    .innerJoin("deployments", "deployments.id", "rollouts.deployment_id")
    .select(["deployments.name", "deployments.environment"])
    .where("active", "=", true)
    .where("rollouts.deployment_id", "!=", except)
    .where("host", "=", host)
    .where("conditions", "=", conditions)
    .where(sql<boolean>`rtrim(state -> 'strategy' ->> 'previewRoute', '/') = rtrim(${path}, '/')`)
    .executeTakeFirst();
  return row === undefined ? null : `the preview of deployment ${row.name} in ${row.environment}`;
}

/** Until the transaction ends, nobody else looks who has this address: a route and a preview are rows of different tables. */
export async function lockRoute(db: Db, settings: RouteKey): Promise<void> {
  const { host, path, conditions } = keyOf(settings);
  await sql`select pg_advisory_xact_lock(hashtextextended(${`route ${host} ${path} ${conditions}`}, 0))`.execute(db);
}

/** Epochs of those that have a route. */
export async function epochsOf(db: Db, deployments: readonly string[]): Promise<Map<string, number>> {
  if (deployments.length === 0) return new Map();
  const rows = await db
    .selectFrom("routes")
    .select(["deployment_id", "epoch"])
    .where("deployment_id", "in", deployments)
    .execute();
  return new Map(rows.map((row) => [row.deployment_id, row.epoch]));
}

export async function findRoute(db: Db, deployment: string): Promise<StoredRoute | null> {
  const row = await db
    .selectFrom("routes")
    .select(["settings", "desired", "epoch"])
    .where("deployment_id", "=", deployment)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    deployment,
    settings: row.settings as RouteSettings,
    desired: row.desired as DesiredTraffic,
    epoch: row.epoch,
  };
}

/** Revisions that the route names in any way, in order. */
export function routedRevisions({ desired }: Pick<StoredRoute, "desired">): number[] {
  const revisions = new Set<number>([
    ...(desired.split ?? []).map((entry) => entry.revision),
    ...desired.pins.map((pin) => pin.revision),
    ...(desired.mirror === null ? [] : [desired.mirror.revision]),
    ...(desired.preview == null ? [] : [desired.preview.revision]),
    ...(desired.guard === null ? [] : [desired.guard.stable, desired.guard.candidate]),
  ]);
  return [...revisions].sort((left, right) => left - right);
}

function taken(settings: RouteSettings, holder: string): SluiceError {
  const where = `${settings.host ?? "any host"}${settings.path}`;
  return new SluiceError("already_exists", `route ${where} is taken by ${holder}; choose another path or host`, {
    violations: [
      { field: "route.path", found: settings.path, allowed: `a route that no deployment has; ${holder} has it` },
    ],
  });
}
