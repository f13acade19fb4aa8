import type { GuardReport, PeriodCounts, VersionSpec } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { DesiredTraffic } from "../routing/route.store.ts";
import type { RevisionCounts } from "./counts.ts";
import type { GuardState } from "./prompt.guard.ts";

/** One prompt as it is to be dealt out: everything but its texts and its counts. */
export interface PromptRoute {
  id: string;
  project: string;
  environment: string;
  name: string;
  stopped: boolean;
  epoch: number;
  desired: DesiredTraffic;
  /** Of the hypothesis that is being watched; null before its guard has looked. */
  guard: StoredGuard | null;
}

export interface StoredGuard {
  hypothesis: string;
  seq: number;
  state: GuardState;
  report: GuardReport;
  counts: PeriodCounts | null;
}

/** What a revision hands out. Immutable. */
export interface RevisionContent {
  version: string;
  spec: VersionSpec;
  parameters: Record<string, unknown>;
}

/** Those with these ids; absent: all. */
export async function loadPrompts(db: Db, ids?: readonly string[]): Promise<PromptRoute[]> {
  let query = db
    .selectFrom("routes")
    .innerJoin("deployments as d", "d.id", "routes.deployment_id")
    .leftJoin("resolver_guards as g", (join) =>
      join
        .onRef("g.deployment_id", "=", "d.id")
        .on(sql<boolean>`g.hypothesis = routes.desired -> 'guard' ->> 'hypothesis'`),
    )
    .select(["d.id", "d.project", "d.environment", "d.name", "d.stopped", "routes.epoch", "routes.desired"])
    .select(["g.hypothesis", "g.seq", "g.state", "g.report", "g.counts"])
    .where("routes.host", "=", "@resolver");
  if (ids !== undefined) query = query.where(sql<boolean>`d.id = any(${ids})`);
  const rows = await query.execute();
  return rows.map(({ desired, hypothesis, seq, state, report, counts, ...row }) => ({
    ...row,
    desired: desired as DesiredTraffic,
    guard:
      hypothesis === null || seq === null
        ? null
        : {
            hypothesis,
            seq,
            state: state as GuardState,
            report: report as GuardReport,
            counts: counts as PeriodCounts | null,
          },
  }));
}

export async function loadContents(
  db: Db,
  deployment: string,
  revisions: readonly number[],
): Promise<Map<number, RevisionContent>> {
  if (revisions.length === 0) return new Map();
  const rows = await db
    .selectFrom("revisions as r")
    .innerJoin("versions as v", "v.id", "r.version_id")
    .select(["r.number", "v.version", "v.spec"])
    .select(sql<Record<string, unknown> | null>`r.config -> 'parameters'`.as("parameters"))
    .where("r.deployment_id", "=", deployment)
    .where("r.number", "in", [...revisions])
    .execute();
  return new Map(
    rows.map(({ number, version, spec, parameters }) => [
      number,
      { version, spec: spec as VersionSpec, parameters: parameters ?? {} },
    ]),
  );
}

/** What was counted of each revision, by deployment and revision. */
export async function loadCounts(
  db: Db,
  deployments: readonly string[],
): Promise<Map<string, Map<number, RevisionCounts>>> {
  const all = new Map<string, Map<number, Map<number, number>>>();
  if (deployments.length === 0) return all;
  const rows = await db
    .selectFrom("resolver_counts")
    .select(["deployment_id", "revision", "bin", "count"])
    .where(sql<boolean>`deployment_id = any(${deployments})`)
    .execute();
  for (const { deployment_id, revision, bin, count } of rows) {
    const ofDeployment = all.get(deployment_id) ?? new Map<number, Map<number, number>>();
    const ofRevision = ofDeployment.get(revision) ?? new Map<number, number>();
    ofRevision.set(bin, count);
    ofDeployment.set(revision, ofRevision);
    all.set(deployment_id, ofDeployment);
  }
  return all;
}

export interface CountRow {
  deployment: string;
  revision: number;
  bin: number;
  count: number;
}

/** Adds to the counts, of deployments that are still there. In one order everywhere, so that two writers never wait for each other. */
export async function addCounts(db: Db, rows: readonly CountRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into resolver_counts (deployment_id, revision, bin, count)
    select c.deployment, c.revision, c.bin, sum(c.count)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as c (deployment text, revision integer, bin smallint, count bigint)
    join deployments on deployments.id = c.deployment
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (deployment_id, revision, bin) do update set count = resolver_counts.count + excluded.count`.execute(
    db,
  );
}

/** False when somebody else has written since, or the deployment is gone; then nothing is written. */
export async function saveGuard(
  db: Db,
  deployment: string,
  { hypothesis, seq, state, report, counts }: StoredGuard,
  at: Date,
): Promise<boolean> {
  const { rows } = await sql`
    insert into resolver_guards (deployment_id, hypothesis, seq, state, report, counts, updated_at)
    select id, ${hypothesis}, ${seq}, ${JSON.stringify(state)}::jsonb, ${JSON.stringify(report)}::jsonb,
           ${counts === null ? null : JSON.stringify(counts)}::jsonb, ${at}
    from deployments where id = ${deployment}
    on conflict (deployment_id, hypothesis) do update
      set seq = excluded.seq, state = excluded.state, report = excluded.report, counts = excluded.counts,
          updated_at = excluded.updated_at
      where resolver_guards.seq = excluded.seq - 1
    returning seq`.execute(db);
  return rows.length === 1;
}

/** Guards of rollouts that ended long ago. */
export async function forgetOldGuards(db: Db): Promise<void> {
  await sql`delete from resolver_guards where updated_at < now() - '30 days'::interval
    and not exists (select from rollouts where rollouts.id = hypothesis and active)`.execute(db);
}

/** Tells every server that what it knows of these deployments is out of date, when the transaction commits. */
export async function tellResolvers(db: Db, deployments: readonly string[]): Promise<void> {
  if (deployments.length === 0) return;
  await sql`select pg_notify('sluice_resolver', id) from unnest(${deployments}::text[]) as id`.execute(db);
}
