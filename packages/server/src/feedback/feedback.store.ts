import { sql } from "kysely";
import type { Db } from "../db/database.ts";

/** One report as it is kept. */
export interface StoredReport {
  id: string;
  deployment: string;
  revision: number;
  /** The reporter's own name for it. */
  report: string | null;
  scores: Record<string, number> | null;
  error: boolean | null;
  latencyMs: number | null;
  cost: number | null;
  comment: string | null;
  reportedBy: string;
  receivedAt: Date;
}

const KEPT = "30 days";

/** Writes reports down, and answers the ids of those that were new: of several with the same name the first one counts. */
export async function insertReports(db: Db, reports: readonly StoredReport[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    insert into feedback (id, deployment_id, revision, report, scores, error, latency_ms, cost, comment, reported_by, received_at)
    select r.id, r.deployment, r.revision, r.report, r.scores, r.error, r."latencyMs", r.cost, r.comment, r."reportedBy", r."receivedAt"
    from jsonb_to_recordset(${JSON.stringify(reports)}::jsonb) as r (
      id text, deployment text, revision integer, report text, scores jsonb, error boolean, "latencyMs" double precision,
      cost double precision, comment text, "reportedBy" text, "receivedAt" timestamptz)
    join deployments on deployments.id = r.deployment
    order by r.deployment, r.report, r.id
    on conflict (deployment_id, report) where report is not null do nothing
    returning id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Newest first. */
export async function listReports(
  db: Db,
  {
    deployment,
    revision,
    before,
    limit,
  }: { deployment: string; revision?: number | undefined; before?: string | undefined; limit: number },
): Promise<(StoredReport & { version: string })[]> {
  let query = db
    .selectFrom("feedback as f")
    .innerJoin("revisions as r", (join) =>
      join.onRef("r.deployment_id", "=", "f.deployment_id").onRef("r.number", "=", "f.revision"),
    )
    .innerJoin("versions as v", "v.id", "r.version_id")
    .select(["f.id", "f.deployment_id as deployment", "f.revision", "f.report", "f.scores", "f.error", "f.cost"])
    .select(["f.latency_ms as latencyMs", "f.comment", "f.reported_by as reportedBy", "f.received_at as receivedAt"])
    .select("v.version")
    .where("f.deployment_id", "=", deployment);
  if (revision !== undefined) query = query.where("f.revision", "=", revision);
  if (before !== undefined) query = query.where("f.id", "<", before);
  return query.orderBy("f.id", "desc").limit(limit).execute();
}

/** Names of reports may then be used again. */
export async function forgetOldReports(db: Db): Promise<void> {
  await sql`delete from feedback where received_at < now() - ${sql.lit(KEPT)}::interval`.execute(db);
}
