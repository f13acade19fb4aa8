import type { ModelFile, ModelVersionState } from "@sluice/core";
import type { Db } from "../../db/database.ts";

export interface StoredModel {
  id: number;
  project: string;
  artifactId: string;
  /** Of its artifact. */
  name: string;
  description: string;
  createdAt: Date;
  createdBy: string;
}

export interface StoredModelVersion {
  id: number;
  modelId: number;
  model: string;
  project: string;
  version: string;
  status: ModelVersionState;
  reason: string | null;
  files: ModelFile[];
  /** The immutable version behind it; null until it is READY. */
  versionId: string | null;
  createdAt: Date;
  updatedAt: Date;
  createdBy: string;
}

const models = (db: Db) =>
  db
    .selectFrom("models")
    .innerJoin("artifacts", "artifacts.id", "models.artifact_id")
    .select(["models.id", "models.project", "models.artifact_id as artifactId", "artifacts.name", "models.description"])
    .select(["models.created_at as createdAt", "models.created_by as createdBy"]);

export const findModel = (db: Db, id: number): Promise<StoredModel | undefined> =>
  models(db).where("models.id", "=", id).executeTakeFirst();

/** By number. */
export function listModels(
  db: Db,
  filter: { project: string; name?: string | undefined; after?: number | undefined; limit: number },
): Promise<StoredModel[]> {
  let query = models(db).where("models.project", "=", filter.project);
  if (filter.name !== undefined) query = query.where("artifacts.name", "=", filter.name);
  if (filter.after !== undefined) query = query.where("models.id", ">", filter.after);
  return query.orderBy("models.id").limit(filter.limit).execute();
}

/** Undefined when the artifact has a number already. */
export async function insertModel(
  db: Db,
  model: Omit<StoredModel, "id" | "name">,
): Promise<{ id: number } | undefined> {
  const { project, artifactId, description, createdAt, createdBy } = model;
  return db
    .insertInto("models")
    .values({ project, artifact_id: artifactId, description, created_at: createdAt, created_by: createdBy })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
}

const versions = (db: Db) =>
  db
    .selectFrom("model_versions as v")
    .innerJoin("models", "models.id", "v.model_id")
    .innerJoin("artifacts", "artifacts.id", "models.artifact_id")
    .select(["v.id", "v.model_id as modelId", "artifacts.name as model", "models.project", "v.version", "v.status"])
    .select(["v.reason", "v.files", "v.version_id as versionId"])
    .select(["v.created_at as createdAt", "v.updated_at as updatedAt", "v.created_by as createdBy"]);

export const findModelVersion = (db: Db, id: number): Promise<StoredModelVersion | undefined> =>
  versions(db).where("v.id", "=", id).executeTakeFirst();

/** Locked until the transaction ends: uploads of one version are kept one after the other. */
export const findModelVersionForUpdate = (db: Db, id: number): Promise<StoredModelVersion | undefined> =>
  versions(db).where("v.id", "=", id).forUpdate("v").executeTakeFirst();

/** Newest first. */
export function listModelVersions(
  db: Db,
  filter: { modelId: number; before?: number | undefined; limit: number },
): Promise<StoredModelVersion[]> {
  let query = versions(db).where("v.model_id", "=", filter.modelId);
  if (filter.before !== undefined) query = query.where("v.id", "<", filter.before);
  return query.orderBy("v.id", "desc").limit(filter.limit).execute();
}

export interface NewModelVersion {
  modelId: number;
  version: string;
  files: ModelFile[];
  versionId: string | null;
  by: string;
  at: Date;
}

/** Undefined when the model has a version of that name. It is READY when there is an immutable version already. */
export async function insertModelVersion(db: Db, version: NewModelVersion): Promise<{ id: number } | undefined> {
  return db
    .insertInto("model_versions")
    .values({
      model_id: version.modelId,
      version: version.version,
      status: version.versionId === null ? "PENDING" : "READY",
      reason: null,
      files: JSON.stringify(version.files),
      version_id: version.versionId,
      created_at: version.at,
      updated_at: version.at,
      created_by: version.by,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
}

/** What an upload came to. */
export interface ModelVersionChange {
  status: ModelVersionState;
  reason: string | null;
  files?: ModelFile[];
  versionId?: string;
}

/** Changes what is not READY: a version that is does not change any more. */
export async function changeModelVersion(db: Db, id: number, change: ModelVersionChange, at: Date): Promise<void> {
  await db
    .updateTable("model_versions")
    .set({
      status: change.status,
      reason: change.reason,
      updated_at: at,
      ...(change.files !== undefined && { files: JSON.stringify(change.files) }),
      ...(change.versionId !== undefined && { version_id: change.versionId }),
    })
    .where("id", "=", id)
    .where("status", "!=", "READY")
    .execute();
}
