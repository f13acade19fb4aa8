import type { MemberState, Phase, Split } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** What the matrix tells of a deployment, as it is stored. */
export interface PlacedDeployment {
  id: string;
  name: string;
  environment: string;
  artifact: string;
  kind: string;
  version: string | null;
  stopped: boolean;
  deleting: boolean;
  rollout: MovingRollout | null;
}

export interface MovingRollout {
  id: string;
  phase: Phase;
  paused: boolean;
  rollbackOf: string | null;
  toVersion: string;
  toRevision: number;
  split: Split | null;
  /** Null for a rollout to one target. */
  members: MemberState[] | null;
}

/** Of a rollout only what is shown: its whole state is many times as large. */
const ROLLOUT = sql<MovingRollout | null>`(
  select json_build_object(
    'id', r.id, 'phase', r.phase, 'paused', r.state ->> 'pausedAt' is not null,
    'rollbackOf', r.state -> 'rollbackOf', 'toVersion', r.state -> 'toVersion', 'toRevision', r.state -> 'toRevision',
    'split', nullif(r.state #> '{desired,split}', 'null'::jsonb),
    'members', case when r.state -> 'waves' <> 'null'::jsonb then r.state -> 'members' end)
  from rollouts r where r.deployment_id = d.id and r.active order by r.id limit 1)`;

/** Everything in one query, by artifact, environment and name; members of deployments at several targets are left out. */
export function placedDeployments(
  db: Db,
  { project, environment, limit }: { project: string; environment: string | null; limit: number },
): Promise<PlacedDeployment[]> {
  let query = db
    .selectFrom("deployments as d")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .leftJoin("revisions as s", (join) =>
      join.onRef("s.deployment_id", "=", "d.id").onRef("s.number", "=", "d.stable_revision"),
    )
    .leftJoin("versions as v", "v.id", "s.version_id")
    .select(["d.id", "d.name", "d.environment", "d.stopped", "d.deleting"])
    .select(["a.name as artifact", "a.kind", "v.version", ROLLOUT.as("rollout")])
    .where("d.project", "=", project)
    .where("d.parent_id", "is", null);
  if (environment !== null) query = query.where("d.environment", "=", environment);
  return query.orderBy("a.name").orderBy("d.environment").orderBy("d.name").limit(limit).execute();
}
