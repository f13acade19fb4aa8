import type { Rollout, RouteSettings } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { DesiredTraffic, StoredRoute } from "../routing/route.store.ts";
import type { DesiredWorkload } from "./workload.store.ts";

/** What is stored around a deployment. */
export interface Surroundings {
  /** The rollout that holds the deployment: the oldest that has not ended. */
  active: Rollout | null;
  workloads: DesiredWorkload[];
  route: StoredRoute | null;
  latestRevision: number;
}

interface Row {
  id: string;
  active: Rollout | null;
  workloads: DesiredWorkload[];
  settings: RouteSettings | null;
  desired: DesiredTraffic | null;
  epoch: number | null;
  latest: number | null;
}

/**
 * The surroundings of each deployment, by its id, all in one query: views are read far more often than anything else,
 * and most of what a read costs is its round trips to the database.
 */
export async function surroundingsOf(db: Db, deployments: readonly string[]): Promise<Map<string, Surroundings>> {
  if (deployments.length === 0) return new Map();
  const { rows } = await sql<Row>`
    select d.id, r.settings, r.desired, r.epoch,
      (select max(number) from revisions where deployment_id = d.id) as latest,
      (select state from rollouts where deployment_id = d.id and active order by id limit 1) as active,
      (select coalesce(json_agg(json_build_object(
                'revision', revision, 'replicas', replicas,
                'retireAt', (extract(epoch from retire_at) * 1000)::bigint) order by revision), '[]')
       from workloads where deployment_id = d.id) as workloads
    from deployments d left join routes r on r.deployment_id = d.id
    where d.id = any(${deployments})`.execute(db);
  return new Map(rows.map((row) => [row.id, surroundings(row)]));
}

function surroundings({ id, active, workloads, settings, desired, epoch, latest }: Row): Surroundings {
  const routed = settings !== null && desired !== null && epoch !== null;
  return {
    active,
    workloads,
    route: routed ? { deployment: id, settings, desired, epoch } : null,
    latestRevision: latest ?? 1,
  };
}
