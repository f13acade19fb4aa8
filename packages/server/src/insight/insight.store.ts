import type { TerminalPhase } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { EndedRollout } from "./insight.ts";

export interface EndedFilter {
  project: string;
  /** Null: every one. */
  environment: string | null;
  /** Names of the environments that are measured. */
  production: readonly string[];
  since: Date;
  limit: number;
}

interface Row {
  phase: TerminalPhase;
  environment: string;
  rollbackOf: string | null;
  hadTraffic: boolean;
  endedAt: number;
  completedAt: number | null;
  versionCreatedAt: number;
  isRepeated: boolean;
  harmAt: number | null;
  reverseEndedAt: number | null;
}

const ms = (time: ReturnType<typeof sql>) => sql<number>`(extract(epoch from ${time}) * 1000)::float8`;

/**
 * Rollouts that ended since then, newest first; those of one target are part of the whole. Shadows, and tests that promote
 * nobody, bring no version. When a rollout completed that was rolled back later, and when a way back began, only its events
 * tell. A state is large and is unpacked once, and only where it is measured: of the others the end alone counts.
 */
export async function endedRollouts(db: Db, filter: EndedFilter): Promise<EndedRollout[]> {
  const { project, environment, production, since, limit } = filter;
  const { rows } = await sql<Row>`
    with ended as materialized (
      select r.id, r.deployment_id, r.project, r.artifact, r.phase, r.environment, r.created_at, r.finished_at, s.*
      from rollouts r
      left join lateral jsonb_to_record(r.state) as s("toVersion" text, "rollbackOf" text, strategy jsonb, steps jsonb,
        judge jsonb, failure jsonb) on r.environment = any(${production}::text[])
      where r.project = ${project} and r.finished_at >= ${since} and not r.active and r.part_of is null
        and (${environment}::text is null or r.environment = ${environment})
      order by r.finished_at desc limit ${limit}
    )
    select r.phase, r.environment, r."rollbackOf", ${ms(sql`r.finished_at`)} as "endedAt",
      completed.at is not null or exists (
        select 1 from jsonb_array_elements(r.steps) step
        where step ->> 'type' in ('setWeight', 'match', 'switch', 'wave') and step ->> 'startedAt' is not null
      ) as "hadTraffic",
      ${ms(sql`completed.at`)} as "completedAt",
      coalesce(${ms(sql`v.created_at`)}, ${ms(sql`r.created_at`)}) as "versionCreatedAt",
      completed.at is not null and exists (
        select 1 from rollouts p
        where p.deployment_id = r.deployment_id and p.id < r.id and p.phase = 'completed'
          and p.state ->> 'toVersion' = r."toVersion"
      ) as "isRepeated",
      least((r.judge #>> '{closed,at}')::float8, (r.failure ->> 'at')::float8, ${ms(sql`way.begun_at`)},
        ${ms(sql`reverse.created_at`)}) as "harmAt",
      ${ms(sql`reverse.finished_at`)} as "reverseEndedAt"
    from ended r
    left join artifacts a on a.project = r.project and a.name = r.artifact
    left join versions v on v.artifact_id = a.id and v.version = r."toVersion"
    left join lateral (
      select case when r.phase = 'completed' then r.finished_at else min(e.at) end as at
      from events e
      where r.phase = 'rolled_back' and e.rollout_id = r.id and e.type = 'rollout.phase.changed'
        and e.data ->> 'to' = 'completed'
    ) completed on r.strategy ->> 'type' <> 'shadow'
      and not (r.strategy ->> 'type' = 'ab' and r.strategy ->> 'promoteWinner' = 'false')
    left join lateral (
      select min(e.at) as begun_at from events e
      where r.phase in ('rolled_back', 'failed') and e.rollout_id = r.id and e.type = 'rollout.phase.changed'
        and e.data ->> 'to' = 'rolling_back'
    ) way on r.strategy is not null
    left join lateral (
      select n.created_at, case when n.phase = 'completed' then n.finished_at end as finished_at from rollouts n
      where r.phase = 'rolled_back' and n.deployment_id = r.deployment_id and n.id > r.id
        and n.state ->> 'rollbackOf' = r.id
      order by n.phase = 'completed' desc, n.id limit 1
    ) reverse on r.strategy is not null
    order by r.finished_at desc`.execute(db);
  return rows.map((row) => endedOf(row, new Set(production)));
}

function endedOf({ phase, environment, rollbackOf, reverseEndedAt, ...row }: Row, production: ReadonlySet<string>) {
  const isTurnedBack = phase === "rolled_back" || phase === "failed";
  // Rolled back after its end, it was over when the rollback was; else, when it ended itself.
  const restoredAt = row.completedAt !== null ? reverseEndedAt : row.endedAt;
  return {
    ...row,
    outcome: phase,
    isProduction: production.has(environment),
    isReturn: rollbackOf !== null,
    restoredAt: isTurnedBack ? restoredAt : null,
  };
}
