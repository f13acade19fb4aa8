import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { Sample } from "./sample.ts";

/** A rollout whose traffic moves. */
export interface MovingRollout {
  id: string;
  deployment: string;
  from: number | null;
  to: number;
  /** The first sample of it; null: there is none yet. */
  begunAt: Date | null;
  /** ln e-values of the gateway's guard and the pooled judge, as the rollout knows them; null before they have looked. */
  guard: number | null;
  judge: number | null;
}

/** Phases in which two revisions have callers. */
const PHASES = ["shifting", "monitoring", "rolling_back"];

const ROLLOUT = sql`
  r.id, r.deployment_id as deployment, (r.state ->> 'fromRevision')::int as "from", (r.state ->> 'toRevision')::int as "to",
  (select min(s.at) from rollout_samples s where s.rollout_id = r.id) as "begunAt",
  (r.state #>> '{analysis,logEvidence}')::float8 as guard`;

/** Those that `server` sees. */
export async function movingRollouts(db: Db, server: string): Promise<MovingRollout[]> {
  const { rows } = await sql<MovingRollout>`
    select ${ROLLOUT}, (j.report ->> 'logEvidence')::float8 as judge
    from rollouts r
    join deployments d on d.id = r.deployment_id
    left join judge_states j on j.rollout_id = r.id
    where r.active and r.phase in (${sql.join(PHASES)}) and r.state ->> 'waves' is null
      and (d.server is null or d.server = ${server})`.execute(db);
  return rows;
}

/** Of these, what is still there. */
export async function rolloutsOf(db: Db, ids: readonly string[]): Promise<MovingRollout[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<MovingRollout>`
    select ${ROLLOUT}, (r.state #>> '{judge,logEvidence}')::float8 as judge
    from rollouts r where r.id in (${sql.join(ids)})`.execute(db);
  return rows;
}

/** A sample is left out when another server's is younger than this part of the time that it is about. */
const SAME_MOMENT = 0.9;

export interface Sampled {
  rollout: string;
  at: Date;
  sample: Sample;
}

/** Several servers that see the same gateway write one course: who comes first goes on, and the others only in its place. */
export async function insertSamples(db: Db, samples: readonly Sampled[]): Promise<void> {
  if (samples.length === 0) return;
  const rows = samples.map(({ rollout, at, sample }) => {
    const since = new Date(at.getTime() - sample.ms * SAME_MOMENT);
    return sql`(${rollout}::text, ${at}::timestamptz, ${JSON.stringify(sample)}::jsonb, ${since}::timestamptz)`;
  });
  await sql`
    insert into rollout_samples (rollout_id, at, sample)
    select fresh.rollout_id, fresh.at, fresh.sample
    from (values ${sql.join(rows)}) as fresh (rollout_id, at, sample, since)
    where not exists (
      select from rollout_samples known where known.rollout_id = fresh.rollout_id and known.at > fresh.since
    )
    on conflict do nothing`.execute(db);
}

/** Oldest first. */
export function samplesOf(
  db: Db,
  rollout: string,
  after: Date | null,
  limit: number,
): Promise<{ at: Date; sample: Sample }[]> {
  let query = db.selectFrom("rollout_samples").select(["at", "sample"]).where("rollout_id", "=", rollout);
  if (after !== null) query = query.where("at", ">", after);
  return query.orderBy("at").limit(limit).execute();
}

/** Of rollouts that ended long ago nobody looks at the course of their traffic. */
export async function forgetOldSamples(db: Db, days: number): Promise<void> {
  await sql`
    delete from rollout_samples using rollouts r
    where r.id = rollout_id and not r.active and r.updated_at < now() - make_interval(days => ${days})`.execute(db);
}
