import { ARTIFACT_KINDS, type ArtifactKind } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";

export interface StoredArtifact {
  id: string;
  project: string;
  name: string;
  kind: ArtifactKind;
  labels: Record<string, string>;
  createdAt: Date;
  /** Registered last; null: none yet. */
  latestVersion: string | null;
}

interface Row {
  id: string;
  project: string;
  name: string;
  kind: string;
  labels: Record<string, string>;
  created_at: Date;
  latestVersion: string | null;
}

function stored({ created_at, ...row }: Row): StoredArtifact {
  const kind = ARTIFACT_KINDS.find((known) => known === row.kind);
  if (kind === undefined) throw new Error(`artifact ${row.id} has the unknown kind ${row.kind}`);
  return { ...row, kind, createdAt: created_at };
}

const artifacts = (db: Db) =>
  db
    .selectFrom("artifacts")
    .selectAll()
    .select(({ selectFrom }) =>
      selectFrom("versions")
        .select("version")
        .whereRef("artifact_id", "=", "artifacts.id")
        .orderBy("versions.id", "desc")
        .limit(1)
        .as("latestVersion"),
    );

export async function findArtifact(db: Db, project: string, name: string): Promise<StoredArtifact | undefined> {
  const row = await artifacts(db).where("project", "=", project).where("name", "=", name).executeTakeFirst();
  return row && stored(row);
}

export interface ArtifactFilter {
  project: string;
  kind?: ArtifactKind | undefined;
  label?: Record<string, string> | undefined;
  after?: string | undefined;
  limit: number;
}

/** By name. */
export async function listArtifacts(db: Db, filter: ArtifactFilter): Promise<StoredArtifact[]> {
  let query = artifacts(db).where("project", "=", filter.project);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.label !== undefined) query = query.where(sql<boolean>`labels @> ${JSON.stringify(filter.label)}::jsonb`);
  if (filter.after !== undefined) query = query.where("name", ">", filter.after);
  const rows = await query.orderBy("name").limit(filter.limit).execute();
  return rows.map(stored);
}

/** Undefined when the project has an artifact of that name already. */
export async function insertArtifact(
  db: Db,
  artifact: Omit<StoredArtifact, "latestVersion">,
): Promise<StoredArtifact | undefined> {
  const { createdAt, labels, ...values } = artifact;
  const row = await db
    .insertInto("artifacts")
    .values({ ...values, labels: JSON.stringify(labels), created_at: createdAt })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row && stored({ ...row, latestVersion: null });
}
