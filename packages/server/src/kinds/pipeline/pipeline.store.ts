import {
  type EnvironmentSpec,
  environmentSchema,
  type NodeRequirement,
  parseSelector,
  requirementsOf,
  type Target,
  targetOf,
  targetSchema,
} from "@sluice/core";
import type { Selectable } from "kysely";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import { targetOfMember } from "../../fleet/loaded.members.ts";

/** What a deployment of a pipeline says beyond any deployment. */
export interface StoredPipeline {
  deployment: string;
  project: string;
  environment: string;
  name: string;
  pipeline: string;
  targetNodes: Record<string, string>;
  selector: string | null;
  /** Collectors on each node. */
  replicas: number;
  createdAt: Date;
  updatedAt: Date;
  deletedAt: Date | null;
  /** Kept when the deployment goes; empty before. */
  history: unknown;
}

const stored = (row: Selectable<Database["pipeline_deployments"]>): StoredPipeline => ({
  deployment: row.deployment_id,
  project: row.project,
  environment: row.environment,
  name: row.name,
  pipeline: row.pipeline,
  targetNodes: row.target_nodes,
  selector: row.selector,
  replicas: row.replicas,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  deletedAt: row.deleted_at,
  history: row.history,
});

/** Both ways of saying which nodes are meant hold together. */
export const requirementsFor = ({
  targetNodes,
  selector,
}: {
  targetNodes: Readonly<Record<string, string>>;
  selector: string | null;
}): NodeRequirement[] => [...requirementsOf(targetNodes), ...(selector === null ? [] : parseSelector(selector))];

export async function isNameTaken(
  db: Db,
  { project, name }: Pick<StoredPipeline, "project" | "name">,
): Promise<boolean> {
  const row = await db
    .selectFrom("pipeline_deployments")
    .select("deployment_id")
    .where("project", "=", project)
    .where("name", "=", name)
    .where("deleted_at", "is", null)
    .executeTakeFirst();
  return row !== undefined;
}

/** False when a deployment of that name lives in the project. */
export async function insertPipeline(
  db: Db,
  pipeline: Omit<StoredPipeline, "deletedAt" | "history">,
): Promise<boolean> {
  const row = await db
    .insertInto("pipeline_deployments")
    .values({
      deployment_id: pipeline.deployment,
      project: pipeline.project,
      environment: pipeline.environment,
      name: pipeline.name,
      pipeline: pipeline.pipeline,
      target_nodes: JSON.stringify(pipeline.targetNodes),
      selector: pipeline.selector,
      replicas: pipeline.replicas,
      created_at: pipeline.createdAt,
      updated_at: pipeline.updatedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("deployment_id")
    .executeTakeFirst();
  return row !== undefined;
}

export async function findPipeline(db: Db, deployment: string): Promise<StoredPipeline | null> {
  const row = await db
    .selectFrom("pipeline_deployments")
    .selectAll()
    .where("deployment_id", "=", deployment)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The same of what may be at one of several targets: the whole's. */
export async function pipelineAt(db: Db, deployment: string): Promise<StoredPipeline | null> {
  const row = await db.selectFrom("deployments").select("parent_id").where("id", "=", deployment).executeTakeFirst();
  return findPipeline(db, row?.parent_id ?? deployment);
}

export async function pipelinesOf(db: Db, deployments: readonly string[]): Promise<Map<string, StoredPipeline>> {
  if (deployments.length === 0) return new Map();
  const rows = await db
    .selectFrom("pipeline_deployments")
    .selectAll()
    .where("deployment_id", "in", deployments)
    .execute();
  return new Map(rows.map((row) => [row.deployment_id, stored(row)]));
}

export async function changePipeline(
  db: Db,
  deployment: string,
  change: Partial<Pick<StoredPipeline, "targetNodes" | "selector" | "replicas">>,
  at: Date,
): Promise<void> {
  await db
    .updateTable("pipeline_deployments")
    .set({
      updated_at: at,
      ...(change.targetNodes !== undefined && { target_nodes: JSON.stringify(change.targetNodes) }),
      ...(change.selector !== undefined && { selector: change.selector }),
      ...(change.replicas !== undefined && { replicas: change.replicas }),
    })
    .where("deployment_id", "=", deployment)
    .execute();
}

export async function keepHistory(db: Db, deployment: string, history: readonly unknown[]): Promise<void> {
  await db
    .updateTable("pipeline_deployments")
    .set({ history: JSON.stringify(history) })
    .where("deployment_id", "=", deployment)
    .execute();
}

/** Those whose deployment is gone from the engine, whoever deleted it, are deleted as of `at`. */
export async function markDeleted(db: Db, at: Date): Promise<void> {
  await db
    .updateTable("pipeline_deployments")
    .set({ deleted_at: at, updated_at: at })
    .where("deleted_at", "is", null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("deployments").select("id").whereRef("deployments.id", "=", "pipeline_deployments.deployment_id"),
        ),
      ),
    )
    .execute();
}

/** Newest first. */
export async function deletedPipelines(db: Db, project: string): Promise<StoredPipeline[]> {
  const rows = await db
    .selectFrom("pipeline_deployments")
    .selectAll()
    .where("project", "=", project)
    .where("deleted_at", "is not", null)
    .orderBy("deployment_id", "desc")
    .execute();
  return rows.map(stored);
}

export async function purgeDeleted(db: Db, before: Date): Promise<void> {
  await db.deleteFrom("pipeline_deployments").where("deleted_at", "<", before).execute();
}

/** Deployments of pipelines that live, with where their instances are to be. */
export interface LivingPipeline {
  deployment: string;
  project: string;
  environment: string;
  target: Target;
  /** Of what is at one of several targets: the whole, which has what is stored. */
  parent: string | null;
  /** Whether it is at several targets: collectors are its members'. */
  everywhere: boolean;
  replicas: number;
  stable: number | null;
  deleting: boolean;
  /** The revision of the newest rollout that goes forward. */
  incoming: number | null;
  stored: StoredPipeline | null;
}

export async function livingPipelines(db: Db, deployment?: string): Promise<LivingPipeline[]> {
  let query = db
    .selectFrom("deployments as d")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .innerJoin("environments as e", (join) =>
      join.onRef("e.project", "=", "d.project").onRef("e.name", "=", "d.environment"),
    )
    .select(["d.id", "d.project", "d.environment", "d.replicas", "d.stable_revision", "d.deleting"])
    .select(["d.parent_id", "d.fleet", "d.target", "e.spec"])
    .select((select) =>
      select
        .selectFrom("rollouts as r")
        .select((inner) => inner.ref("r.state", "->>").key("toRevision").as("to"))
        .whereRef("r.deployment_id", "=", "d.id")
        .where("r.active", "=", true)
        .where("r.phase", "!=", "rolling_back")
        .orderBy("r.id", "desc")
        .limit(1)
        .as("incoming"),
    )
    .where("a.kind", "=", "pipeline");
  if (deployment !== undefined) query = query.where("d.id", "=", deployment);
  const rows = await query.execute();
  const pipelines = await pipelinesOf(
    db,
    rows.map((row) => row.parent_id ?? row.id),
  );
  return rows.map((row) => ({
    deployment: row.id,
    project: row.project,
    environment: row.environment,
    target: placeOf(environmentSchema.parse(row.spec), row.target),
    parent: row.parent_id,
    everywhere: row.fleet !== null,
    replicas: row.replicas,
    stable: row.stable_revision,
    deleting: row.deleting,
    incoming: row.incoming === null ? null : Number(row.incoming),
    stored: pipelines.get(row.parent_id ?? row.id) ?? null,
  }));
}

const placeOf = (environment: EnvironmentSpec, member: object | null): Target =>
  member === null ? targetOf(environment) : targetOfMember(environment, targetSchema.parse(member));
