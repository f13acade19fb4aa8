import { type ArtifactKind, configSchema, type DeploymentConfig, VERSION_SPECS, type VersionSpec } from "@sluice/core";
import type { Db } from "../db/database.ts";

export interface StoredRevision {
  deployment: string;
  number: number;
  versionId: string;
  version: string;
  versionDigest: string;
  spec: VersionSpec;
  digest: string;
  config: DeploymentConfig;
  createdAt: Date;
  createdBy: string;
}

export interface NewRevision {
  deployment: string;
  number: number;
  versionId: string;
  digest: string;
  config: DeploymentConfig;
  createdBy: string;
  at: Date;
}

const select = (db: Db) =>
  db
    .selectFrom("revisions as r")
    .innerJoin("versions as v", "v.id", "r.version_id")
    .innerJoin("artifacts as a", "a.id", "v.artifact_id")
    .select([
      "r.deployment_id as deployment",
      "r.number",
      "r.version_id as versionId",
      "v.version",
      "v.digest as versionDigest",
      "v.spec",
      "a.kind",
      "r.digest",
      "r.config",
      "r.created_at as createdAt",
      "r.created_by as createdBy",
    ]);

type Row = Awaited<ReturnType<ReturnType<typeof select>["execute"]>>[number];

function stored({ kind, spec, config, ...row }: Row): StoredRevision {
  return { ...row, spec: VERSION_SPECS[kind as ArtifactKind].parse(spec), config: configSchema.parse(config) };
}

export async function findRevision(db: Db, deployment: string, number: number): Promise<StoredRevision | null> {
  const row = await select(db)
    .where("r.deployment_id", "=", deployment)
    .where("r.number", "=", number)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The newest revision with this content, or null. */
export async function findRevisionByDigest(db: Db, deployment: string, digest: string): Promise<StoredRevision | null> {
  const row = await select(db)
    .where("r.deployment_id", "=", deployment)
    .where("r.digest", "=", digest)
    .orderBy("r.number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** Newest first. `before`: only smaller numbers. */
export async function listRevisions(
  db: Db,
  deployment: string,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<StoredRevision[]> {
  let query = select(db).where("r.deployment_id", "=", deployment);
  if (before !== undefined) query = query.where("r.number", "<", before);
  const rows = await query.orderBy("r.number", "desc").limit(limit).execute();
  return rows.map(stored);
}

export interface RevisionRef {
  deployment: string;
  number: number;
}

/** Those revisions that exist, by deployment and number, in one query. */
export async function revisionsAt(
  db: Db,
  refs: readonly RevisionRef[],
): Promise<Map<string, Map<number, StoredRevision>>> {
  if (refs.length === 0) return new Map();
  const rows = await select(db)
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple("r.deployment_id", "r.number"),
        "in",
        refs.map((ref) => tuple(ref.deployment, ref.number)),
      ),
    )
    .execute();
  const byDeployment = Map.groupBy(rows.map(stored), (revision) => revision.deployment);
  return new Map(
    [...byDeployment].map(([deployment, revisions]) => [
      deployment,
      new Map(revisions.map((revision) => [revision.number, revision])),
    ]),
  );
}

export async function latestRevisionNumber(db: Db, deployment: string): Promise<number> {
  const row = await db
    .selectFrom("revisions")
    .select((eb) => eb.fn.max("number").as("number"))
    .where("deployment_id", "=", deployment)
    .executeTakeFirst();
  return row?.number ?? 0;
}

export async function insertRevision(db: Db, revision: NewRevision): Promise<void> {
  await db
    .insertInto("revisions")
    .values({
      deployment_id: revision.deployment,
      number: revision.number,
      version_id: revision.versionId,
      digest: revision.digest,
      config: JSON.stringify(revision.config),
      created_at: revision.at,
      created_by: revision.createdBy,
    })
    .execute();
}
