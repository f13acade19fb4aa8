import semver from "semver";
import type { Db } from "../db/database.ts";
import { findVersions, type StoredVersion } from "./version.store.ts";

interface Named {
  id: string;
  version: string;
}

/**
 * Highest first, by Semantic Versioning; a leading `v` says nothing. Versions that are not semantic come after all that
 * are, newest first.
 */
export function bySemver(left: Named, right: Named): number {
  const [one, other] = [semver.parse(left.version), semver.parse(right.version)];
  if (one === null && other === null) return newestFirst(left, right);
  if (one === null) return 1;
  if (other === null) return -1;
  return semver.compareBuild(other, one) || newestFirst(left, right);
}

const newestFirst = (left: Named, right: Named): number => (left.id < right.id ? 1 : left.id > right.id ? -1 : 0);

/** All versions of an artifact by name alone: thousands are some kilobytes. */
async function versionsBySemver(db: Db, artifactId: string): Promise<Named[]> {
  const rows = await db
    .selectFrom("versions")
    .select(["id", "version"])
    .where("artifact_id", "=", artifactId)
    .execute();
  return rows.sort(bySemver);
}

/** One page of versions, highest first: those after the version with the id `after`. */
export async function listVersionsBySemver(
  db: Db,
  { artifactId, after, limit }: { artifactId: string; after: string | undefined; limit: number },
): Promise<StoredVersion[]> {
  const all = await versionsBySemver(db, artifactId);
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const ids = all.slice(from, from + limit).map(({ id }) => id);
  const rows = new Map((await findVersions(db, ids)).map((row) => [row.id, row]));
  return ids.flatMap((id) => rows.get(id) ?? []);
}

/** The highest release; where there is none, the highest pre-release, else the newest version. Null without any. */
export async function highestVersion(db: Db, artifactId: string): Promise<string | null> {
  const versions = await versionsBySemver(db, artifactId);
  const release = versions.find(({ version }) => semver.parse(version)?.prerelease.length === 0);
  return (release ?? versions[0])?.version ?? null;
}
