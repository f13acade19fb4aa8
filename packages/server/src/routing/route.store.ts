import {
  canonicalJson,
  type GuardConfig,
  type Pin,
  type RouteConfig,
  type RouteSettings,
  SluiceError,
  type Split,
} from "@sluice/core";
import type { Db } from "../db/database.ts";

/** What the active rollout, or the keeper of a resting deployment, wants of the route. */
export interface DesiredTraffic {
  /** Null: nothing serves yet, and the gateway is not told of the route. */
  split: Split | null;
  mirror: RouteConfig["mirror"];
  pins: Pin[];
  guard: GuardConfig | null;
}

export interface StoredRoute {
  deployment: string;
  settings: RouteSettings;
  desired: DesiredTraffic;
  /** Grows with every change of this row; the fence of the deployment at that moment. */
  epoch: number;
}

export const NO_TRAFFIC: DesiredTraffic = { split: null, mirror: null, pins: [], guard: null };

/** What no two routes may share. */
const keyOf = (settings: RouteSettings) => ({
  host: settings.host ?? "",
  path: settings.path,
  conditions: canonicalJson({ headers: settings.headers ?? {}, cookies: settings.cookies ?? {} }),
});

/**
 * Takes the route for the deployment. Throws `already_exists` naming the owner when another deployment has it (edge
 * case 44); one that is just being claimed is waited for.
 */
export async function insertRoute(db: Db, deployment: string, settings: RouteSettings, epoch: number): Promise<void> {
  const claimed = await db
    .insertInto("routes")
    .values({
      deployment_id: deployment,
      ...keyOf(settings),
      settings: JSON.stringify(settings),
      desired: JSON.stringify(NO_TRAFFIC),
      epoch,
    })
    .onConflict((conflict) => conflict.columns(["host", "path", "conditions"]).doNothing())
    .returning("deployment_id")
    .executeTakeFirst();
  if (claimed === undefined) throw taken(settings, (await routeHolder(db, settings)) ?? "a deployment that just went");
}

/** Which deployment other than `except` has this very route, in words; or null. */
export async function routeHolder(
  db: Db,
  settings: RouteSettings,
  except: string | null = null,
): Promise<string | null> {
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
export function routedRevisions({ desired }: StoredRoute): number[] {
  const revisions = new Set<number>([
    ...(desired.split ?? []).map((entry) => entry.revision),
    ...desired.pins.map((pin) => pin.revision),
    ...(desired.mirror === null ? [] : [desired.mirror.revision]),
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
