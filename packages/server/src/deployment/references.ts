import {
  ARTIFACT_KINDS,
  type ArtifactKind,
  type EnvironmentSpec,
  environmentSchema,
  SluiceError,
  VERSION_SPECS,
  type VersionSpec,
} from "@sluice/core";
import type { Db } from "../db/database.ts";

/** What a deployment names and must exist before it. Each function throws `not_found` with the field that names it. */

export interface ArtifactRef {
  id: string;
  name: string;
  kind: ArtifactKind;
}

export interface VersionRef {
  id: string;
  version: string;
  digest: string;
  spec: VersionSpec;
}

/** How many neighbours an error lists. */
const SHOWN = 10;

export async function requireEnvironment(
  db: Db,
  project: string,
  name: string,
  field = "environment",
): Promise<EnvironmentSpec> {
  const row = await db
    .selectFrom("environments")
    .select("spec")
    .where("project", "=", project)
    .where("name", "=", name)
    // Held until the transaction ends, so that the environment cannot go from under what is being created in it.
    .forKeyShare()
    .executeTakeFirst();
  if (row !== undefined) return environmentSchema.parse(row.spec);
  const known = await db
    .selectFrom("environments")
    .select("name")
    .where("project", "=", project)
    .orderBy("name")
    .limit(SHOWN)
    .execute();
  throw missing(
    field,
    name,
    `environment ${name}`,
    `project ${project}`,
    known.map((environment) => environment.name),
  );
}

export async function requireArtifact(db: Db, project: string, name: string): Promise<ArtifactRef> {
  const row = await db
    .selectFrom("artifacts")
    .select(["id", "name", "kind"])
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  const kind = ARTIFACT_KINDS.find((known) => known === row?.kind);
  if (row !== undefined && kind !== undefined) return { ...row, kind };
  const known = await db
    .selectFrom("artifacts")
    .select("name")
    .where("project", "=", project)
    .orderBy("created_at", "desc")
    .limit(SHOWN)
    .execute();
  throw missing(
    "artifact",
    name,
    `artifact ${name}`,
    `project ${project}`,
    known.map((artifact) => artifact.name),
  );
}

export async function requireVersion(db: Db, artifact: ArtifactRef, version: string): Promise<VersionRef> {
  const row = await db
    .selectFrom("versions")
    .select(["id", "version", "digest", "spec"])
    .where("artifact_id", "=", artifact.id)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row !== undefined) return { ...row, spec: VERSION_SPECS[artifact.kind].parse(row.spec) };
  const known = await db
    .selectFrom("versions")
    .select("version")
    .where("artifact_id", "=", artifact.id)
    .orderBy("created_at", "desc")
    .limit(SHOWN)
    .execute();
  throw missing(
    "version",
    version,
    `version ${version}`,
    `artifact ${artifact.name}`,
    known.map((row) => row.version),
  );
}

function missing(field: string, found: string, what: string, where: string, known: string[]): SluiceError {
  const allowed = known.length === 0 ? "nothing yet: there is none" : `one that exists, such as ${known.join(", ")}`;
  const choice = known.length === 0 ? ", which has none yet" : `; ${field} may be ${allowed}`;
  return new SluiceError("not_found", `${what} does not exist in ${where}${choice}`, {
    violations: [{ field, found, allowed }],
  });
}
