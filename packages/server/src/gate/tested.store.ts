import type { TestType } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** What a test of a version measured, in a rollout of that version anywhere in the project. */
export interface TestFigures {
  rollout: string;
  environment: string;
  name: string;
  type: TestType;
  metrics: Record<string, number>;
  /** Requests that the test made, where it says so. */
  samples: number | null;
}

/** Rollouts of the artifact, newest first, that are looked through for tests of the version. */
const LOOKED_AT = 200;

/** Performance and load tests of the version that have ended, newest rollout first. */
export async function testedFigures(db: Db, versionId: string): Promise<TestFigures[]> {
  const { rows } = await sql<TestFigures>`
    select r.id as rollout, r.environment, t->>'name' as name, t->>'type' as type, t->'metrics' as metrics,
           (t->'metrics'->>'requests')::double precision as samples
    from versions v,
         lateral (select id, environment, state from rollouts
                  where deployment_id in (select id from deployments where artifact_id = v.artifact_id)
                  order by id desc limit ${LOOKED_AT}) r,
         jsonb_array_elements(coalesce(r.state->'tests', '[]')) with ordinality as tests (t, place)
    where v.id = ${versionId} and r.state->>'toVersion' = v.version
      and t->>'type' in ('performance', 'load') and t->>'status' in ('passed', 'failed')
    order by r.id desc, place`.execute(db);
  return rows;
}
