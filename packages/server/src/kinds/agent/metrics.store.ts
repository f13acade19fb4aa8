import { type Instant, toIso } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import type { AgentMetrics } from "./agent.schema.ts";

type Figures = Omit<AgentMetrics, "last_updated" | "success_rate" | "total_deployments">;

/** Hours that the frequency is counted over. */
const WINDOW_HOURS = 24;

/**
 * What became of the deployments of agents, in one project or in all. Times are in seconds. One that was completed and taken back
 * later has failed; those that were cancelled, or superseded by a newer one, are neither success nor failure.
 */
export async function agentMetrics(db: Db, project: string | null, now: Instant): Promise<AgentMetrics> {
  const { rows } = await sql<Figures>`
    with deliveries as (
      select r.id, r.active, r.created_at, r.finished_at, case when b.id is null then r.phase else 'rolled_back' end as phase
      from rollouts r
      left join agent_rollbacks b on b.rollout_id = r.id
      join deployments d on d.id = r.deployment_id
      join artifacts a on a.id = d.artifact_id
      where a.kind = 'agent' and r.part_of is null and r.state ->> 'rollbackOf' is null
        and (${project}::text is null or r.project = ${project})
    ), moves as (
      select e.data ->> 'to' as phase, e.at, lead(e.at) over (partition by e.rollout_id order by e.seq) as until
      from events e join deliveries on deliveries.id = e.rollout_id
      where e.type = 'rollout.phase.changed'
    ), times as (
      select coalesce(avg(extract(epoch from until - at)) filter (where phase = 'validating'), 0)::float8 as validating,
             coalesce(avg(extract(epoch from until - at)) filter (where phase = 'testing'), 0)::float8 as testing
      from moves where until is not null
    )
    select
      count(*) filter (where phase = 'completed') as successful_deployments,
      count(*) filter (where phase in ('failed', 'gates_failed', 'rolled_back')) as failed_deployments,
      count(*) filter (where active) as active_deployments,
      coalesce(avg(extract(epoch from finished_at - created_at)) filter (where phase = 'completed'), 0)::float8
        as average_deployment_time,
      coalesce(percentile_cont(0.95) within group (order by extract(epoch from finished_at - created_at))
        filter (where phase = 'completed'), 0)::float8 as p95_deployment_time,
      (count(*) filter (where created_at > ${new Date(now)}::timestamptz - make_interval(hours => ${WINDOW_HOURS})))::float8
        / ${WINDOW_HOURS} as deployment_frequency,
      (select validating from times) as average_validation_time,
      (select testing from times) as average_test_time
    from deliveries`.execute(db);
  const [figures] = rows;
  if (figures === undefined) throw new Error("a query of counts answers one row");
  const { successful_deployments: succeeded, failed_deployments: failed } = figures;
  const total = succeeded + failed;
  return {
    ...figures,
    total_deployments: total,
    success_rate: total === 0 ? 0 : succeeded / total,
    last_updated: toIso(now),
  };
}
