import type { Db } from "../../../db/database.ts";

/** What arrived in one go, as an object of its own. */
export interface UploadPart {
  key: string;
  bytes: number;
}

/** A file on its way. */
export interface StoredUpload {
  id: string;
  versionId: number;
  name: string;
  bytes: number;
  sha256: string | null;
  fingerprint: string | null;
  /** What its caller said of it, word for word. */
  metadata: string;
  /** Whether other files follow: until the last of them the version is not READY. */
  more: boolean;
  received: number;
  parts: UploadPart[];
  /** Whether the file belongs to its version. */
  finished: boolean;
  createdAt: Date;
  updatedAt: Date;
  createdBy: string;
}

const uploads = (db: Db) =>
  db
    .selectFrom("model_uploads")
    .select(["id", "version_id as versionId", "name", "bytes", "sha256", "fingerprint", "metadata"])
    .select(["more", "received", "parts", "finished"])
    .select(["created_at as createdAt", "updated_at as updatedAt", "created_by as createdBy"]);

export const findUpload = (db: Db, id: string): Promise<StoredUpload | undefined> =>
  uploads(db).where("id", "=", id).executeTakeFirst();

/** Locked until the transaction ends: what arrives is counted one after the other. */
export const findUploadForUpdate = (db: Db, id: string): Promise<StoredUpload | undefined> =>
  uploads(db).where("id", "=", id).forUpdate().executeTakeFirst();

/** Of a version, oldest first. */
export const listUploads = (db: Db, versionId: number): Promise<StoredUpload[]> =>
  uploads(db).where("version_id", "=", versionId).orderBy("id").execute();

export async function insertUpload(db: Db, upload: Omit<StoredUpload, "parts">): Promise<void> {
  const { versionId, createdAt, updatedAt, createdBy, ...rest } = upload;
  const times = { created_at: createdAt, updated_at: updatedAt, created_by: createdBy };
  await db
    .insertInto("model_uploads")
    .values({ ...rest, version_id: versionId, ...times })
    .execute();
}

export async function updateParts(
  db: Db,
  id: string,
  { received, parts }: Pick<StoredUpload, "received" | "parts">,
  at: Date,
): Promise<void> {
  const changed = { received, parts: JSON.stringify(parts), updated_at: at };
  await db.updateTable("model_uploads").set(changed).where("id", "=", id).execute();
}

/** Its file belongs to the version now, and its parts to nobody. */
export async function finishUpload(db: Db, id: string, at: Date): Promise<void> {
  const changed = { finished: true, parts: "[]", updated_at: at };
  await db.updateTable("model_uploads").set(changed).where("id", "=", id).execute();
}

export async function deleteUpload(db: Db, id: string): Promise<void> {
  await db.deleteFrom("model_uploads").where("id", "=", id).execute();
}

/** Of which nothing was heard since then. */
export const silentUploads = (db: Db, since: Date): Promise<StoredUpload[]> =>
  uploads(db).where("updated_at", "<", since).orderBy("updated_at").limit(1_000).execute();
