import {
  digestOf,
  findPipelineTemplate,
  PIPELINE_TEMPLATES,
  type PipelineSpec,
  parseField,
  SluiceError,
  VERSION_SPECS,
} from "@sluice/core";
import type { Principal } from "../../access/principal.ts";
import { findArtifact, insertArtifact, type StoredArtifact } from "../../artifact/artifact.store.ts";
import { findVersion, insertVersion, listVersions, type StoredVersion } from "../../artifact/version.store.ts";
import type { Db } from "../../db/database.ts";
import { newId } from "../../db/ids.ts";

export interface ChosenVersion {
  version: string;
  spec: PipelineSpec;
  /** Set when the catalogue's template was registered in the project by this. */
  registered: boolean;
}

/**
 * The version of a pipeline that is meant, the newest unless it is named. A template of the catalogue is registered in the
 * project when it is first used there. Throws `not_found` naming what there is.
 */
export async function chooseVersion(
  db: Db,
  principal: Principal,
  { project, name, version, at }: { project: string; name: string; version: string | undefined; at: Date },
): Promise<ChosenVersion> {
  const artifact =
    (await findArtifact(db, project, name)) ?? (await registerTemplate(db, principal, { project, name, at }));
  if (artifact.kind !== "pipeline")
    throw new SluiceError(
      "failed_precondition",
      `artifact ${name} of project ${project} is of kind ${artifact.kind}, not a pipeline`,
    );
  const known = await listVersions(db, { artifactId: artifact.id, limit: 10 });
  const found = version === undefined ? known[0] : await findVersion(db, artifact.id, version);
  if (found === undefined) {
    const versions = known.length === 0 ? "it has none yet" : `such as ${known.map((one) => one.version).join(", ")}`;
    throw missing("version", version, `pipeline ${name} has no such version; ${versions}`);
  }
  const spec = parseField(VERSION_SPECS.pipeline, found.spec, "spec");
  return { version: found.version, spec, registered: artifact.createdAt.getTime() === at.getTime() };
}

async function registerTemplate(
  db: Db,
  principal: Principal,
  { project, name, at }: { project: string; name: string; at: Date },
): Promise<StoredArtifact> {
  const template = findPipelineTemplate(name);
  if (template === undefined) {
    const known = PIPELINE_TEMPLATES.map((one) => one.name).join(", ");
    throw missing(
      "pipeline_name",
      name,
      `pipeline ${name} does not exist in project ${project}; the catalogue has ${known}`,
    );
  }
  const fresh = { id: newId("art"), project, name, kind: "pipeline" as const, labels: {}, createdAt: at };
  const artifact = await insertArtifact(db, fresh);
  if (artifact === undefined) throw new SluiceError("aborted", `pipeline ${name} was just registered by someone else`);
  const spec = { template: name, parameters: {} };
  const version: StoredVersion = {
    id: newId("ver"),
    version: template.version,
    digest: digestOf(spec),
    spec,
    source: null,
    createdAt: at,
    createdBy: principal.name,
  };
  await insertVersion(db, artifact.id, version);
  return artifact;
}

const missing = (field: string, found: unknown, message: string): SluiceError =>
  new SluiceError("not_found", message, { violations: [{ field, found, allowed: "one that exists" }] });
