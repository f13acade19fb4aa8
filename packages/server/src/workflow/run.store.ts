import { isRunEnded, SluiceError, type WorkflowRun, type WorkflowSpec } from "@sluice/core";
import { type Selectable, sql } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export type RunKind = "workflow" | "job";

/** A run as it is on disk. `rowVersion` is what the next change must name, so that none is lost. */
export interface StoredRun {
  kind: RunKind;
  run: WorkflowRun;
  spec: WorkflowSpec;
  secrets: Record<string, string>;
  principal: Principal;
  about: Record<string, unknown>;
  /** The server that has its logs and artifacts. */
  node: string | null;
  rowVersion: number;
}

const stored = (row: Selectable<Database["workflow_runs"]>): StoredRun => ({
  kind: row.kind,
  run: row.state,
  spec: row.spec,
  secrets: row.secrets,
  principal: row.principal,
  about: row.about,
  node: row.node,
  rowVersion: row.row_version,
});

const columnsOf = (run: WorkflowRun, at: Date) => ({
  state: JSON.stringify(run),
  status: run.status,
  active: !isRunEnded(run.status),
  updated_at: at,
  finished_at: run.finishedAt === null ? null : new Date(run.finishedAt),
});

export async function insertRun(db: Db, fresh: Omit<StoredRun, "rowVersion">): Promise<void> {
  const { kind, run, spec, secrets, principal, about, node } = fresh;
  const at = new Date(run.createdAt);
  await db
    .insertInto("workflow_runs")
    .values({
      id: run.id,
      kind,
      project: run.project,
      name: run.workflow,
      environment: run.environment === "" ? null : run.environment,
      spec: JSON.stringify(spec),
      secrets: JSON.stringify(secrets),
      principal: JSON.stringify(principal),
      about: JSON.stringify(about),
      node,
      created_at: at,
      ...columnsOf(run, at),
    })
    .execute();
}

/** Replaces the state that was read as `rowVersion`. Throws `aborted` when somebody else changed it meanwhile. */
export async function saveRun(db: Db, run: WorkflowRun, rowVersion: number, at: Date): Promise<void> {
  const result = await db
    .updateTable("workflow_runs")
    .set({ ...columnsOf(run, at), row_version: rowVersion + 1 })
    .where("id", "=", run.id)
    .where("row_version", "=", rowVersion)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) {
    throw new SluiceError("aborted", `run ${run.id} was changed by someone else; read it again`);
  }
}

export async function findRun(db: Db, id: string): Promise<StoredRun | null> {
  const row = await db.selectFrom("workflow_runs").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same, locked until the transaction ends. */
export async function lockRun(db: Db, id: string): Promise<StoredRun | null> {
  const row = await db.selectFrom("workflow_runs").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  return row === undefined ? null : stored(row);
}

export interface RunFilter {
  project: string;
  kind: RunKind;
  name?: string | undefined;
  environment?: string | undefined;
  status?: string | undefined;
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listRuns(db: Db, filter: RunFilter): Promise<StoredRun[]> {
  const { project, kind, name, environment, status, before, limit } = filter;
  let query = db.selectFrom("workflow_runs").selectAll().where("project", "=", project).where("kind", "=", kind);
  if (name !== undefined) query = query.where("name", "=", name);
  if (environment !== undefined) query = query.where("environment", "=", environment);
  if (status !== undefined) query = query.where("status", "=", status);
  if (before !== undefined) query = query.where("id", "<", before);
  return (await query.orderBy("id", "desc").limit(limit).execute()).map(stored);
}

/** Runs that have not ended and that this server may look after: its own, those of nobody, those of servers that are gone. */
export async function runsToKeep(db: Db, node: string, goneSince: Date): Promise<{ id: string; rowVersion: number }[]> {
  const rows = await db
    .selectFrom("workflow_runs as r")
    .leftJoin("workflow_nodes as n", "n.id", "r.node")
    .select(["r.id", "r.row_version"])
    .where("r.active", "=", true)
    .where((where) =>
      where.or([
        where("r.node", "is", null),
        where("r.node", "=", node),
        where("n.seen_at", "is", null),
        where("n.seen_at", "<", goneSince),
      ]),
    )
    .orderBy("r.id")
    .execute();
  return rows.map((row) => ({ id: row.id, rowVersion: row.row_version }));
}

/** Makes this server the one that keeps the run's files. */
export async function takeRun(db: Db, id: string, node: string): Promise<void> {
  await db.updateTable("workflow_runs").set({ node }).where("id", "=", id).execute();
}

/** Ids of runs of this server that ended before. */
export async function runsEndedBefore(db: Db, node: string, before: Date, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    select id from unnest(${ids}::text[]) as known (id)
    where not exists (
      select from workflow_runs r where r.id = known.id and r.node = ${node} and (r.active or r.finished_at >= ${before}))`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}
