import { type ArtifactKind, type GateSpec, gateSchema } from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";

export interface StoredGate {
  project: string;
  name: string;
  /** Without what is secret of its webhooks, unless an earlier release wrote it. Whole by `openGate`. */
  spec: GateSpec;
  sealed: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Parsed, so that a field which a later release adds has its default in rows that were written before. */
const stored = (row: Selectable<Database["gates"]>): StoredGate => ({
  project: row.project,
  name: row.name,
  spec: gateSchema.parse(row.spec),
  sealed: row.sealed,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export async function findGate(db: Db, project: string, name: string): Promise<StoredGate | undefined> {
  const row = await db
    .selectFrom("gates")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row && stored(row);
}

/** The same, locked until the transaction ends. */
export async function lockGate(db: Db, project: string, name: string): Promise<StoredGate | undefined> {
  const row = await db
    .selectFrom("gates")
    .selectAll()
    .where("project", "=", project)
    .where("name", "=", name)
    .forUpdate()
    .executeTakeFirst();
  return row && stored(row);
}

export interface GateFilter {
  project: string;
  /** Gates that this artifact is asked by: its own, and those of every artifact. */
  artifact?: string | undefined;
  /** Gates that are asked in this environment: its own, and those of every environment. */
  environment?: string | undefined;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listGates(db: Db, filter: GateFilter): Promise<StoredGate[]> {
  const { artifact, environment } = filter;
  let query = db.selectFrom("gates").selectAll().where("project", "=", filter.project);
  if (artifact !== undefined) {
    query = query.where((where) => where.or([where("artifact", "=", artifact), where("artifact", "is", null)]));
  }
  if (environment !== undefined) {
    query = query.where((where) =>
      where.or([where("environment", "=", environment), where("environment", "is", null)]),
    );
  }
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  const rows = await query.orderBy("name").limit(filter.limit).execute();
  return rows.map(stored);
}

/** Gates that one project may have: each rollout asks all that apply. */
export const MAX_GATES = 500;

export interface GateTarget {
  project: string;
  artifact: string;
  kind: ArtifactKind;
  environment: string;
}

/** Every gate that a rollout of this artifact in this environment must pass, by name. */
export async function applicableGates(db: Db, { kind, ...filter }: GateTarget): Promise<StoredGate[]> {
  const gates = await listGates(db, { ...filter, limit: MAX_GATES });
  return gates.filter(({ spec }) => spec.kind === null || spec.kind === kind);
}

export interface GateInput {
  project: string;
  name: string;
  spec: GateSpec;
  /** See `sealGate`. */
  sealed: string | null;
  at: Date;
}

/** False when it exists already; then nothing is changed. */
export async function insertGate(db: Db, { project, name, spec, sealed, at }: GateInput): Promise<boolean> {
  const { artifact, environment } = spec;
  const result = await db
    .insertInto("gates")
    .values({
      project,
      name,
      artifact,
      environment,
      spec: JSON.stringify(spec),
      sealed,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function replaceGate(db: Db, { project, name, spec, sealed, at }: GateInput): Promise<void> {
  const { artifact, environment } = spec;
  await db
    .updateTable("gates")
    .set({ artifact, environment, spec: JSON.stringify(spec), sealed, updated_at: at })
    .where("project", "=", project)
    .where("name", "=", name)
    .execute();
}

export async function deleteGate(db: Db, project: string, name: string): Promise<void> {
  await db.deleteFrom("gates").where("project", "=", project).where("name", "=", name).execute();
}

export async function countGates(db: Db, project: string): Promise<number> {
  const row = await db
    .selectFrom("gates")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Deployments whose rollouts wait at their gates, of this artifact and environment; null: of every one. */
export async function waitingAtGates(
  db: Db,
  { project, artifact, environment }: { project: string; artifact: string | null; environment: string | null },
): Promise<string[]> {
  let query = db
    .selectFrom("rollouts")
    .select("deployment_id")
    .distinct()
    .where("active", "=", true)
    .where("phase", "=", "gating")
    .where("project", "=", project);
  if (artifact !== null) query = query.where("artifact", "=", artifact);
  if (environment !== null) query = query.where("environment", "=", environment);
  return (await query.execute()).map((row) => row.deployment_id);
}
