import {
  type Instant,
  type ModelFile,
  mergeFiles,
  modelFileOf,
  SluiceError,
  sameFiles,
  storagePath,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import type { ArtifactService } from "../../../artifact/artifact.service.ts";
import { appendAudit } from "../../../audit/audit.store.ts";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Database } from "../../../db/schema.ts";
import { changeModelVersion, findModelVersionForUpdate } from "../model.store.ts";
import { folderOf } from "../model.view.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  artifacts: ArtifactService;
  bucket: string;
}

export type UploadCommit = ReturnType<typeof createUploadCommit>;

/** What files that have arrived make of their version. */
export function createUploadCommit({ db, clock, artifacts, bucket }: Deps) {
  return {
    /**
     * In one transaction: the version's files, what it has become, and the record of it. With `more` to follow it is not
     * READY yet. Answers files that nobody needs now.
     */
    keep: (principal: Principal, id: number, uploaded: ModelFile[], more = false): Promise<ModelFile[]> =>
      inAmbientTransaction(db, async () => {
        const version = await findModelVersionForUpdate(db, id);
        if (version === undefined) throw new SluiceError("not_found", `version ${id} does not exist`);
        const { files, replaced } = mergeFiles(version.files, uploaded);
        if (version.status === "READY") {
          if (sameFiles(files, version.files)) return uploaded;
          throw refuseReady(version);
        }
        const at = new Date(clock());
        const { project, model: name } = version;
        const model = more ? null : modelFileOf(files.map((file) => file.name));
        if (model === null) await changeModelVersion(db, id, { status: "PENDING", reason: null, files }, at);
        else {
          const spec = { files: storagePath(folderOf(version, bucket)), runtime: model.runtime, manifest: files };
          const input = { version: version.version, spec, source: null };
          const created = await artifacts.createVersion(principal, { project, name }, input);
          await changeModelVersion(db, id, { status: "READY", reason: null, files, versionId: created.version.id }, at);
        }
        const sums = uploaded.map((file) => [file.name, file.sha256]);
        const audit = { project, actor: principal.name, subject: String(id), at };
        const detail = { model: name, version: version.version, files: sums };
        await appendAudit(db, { ...audit, action: "model.upload", detail });
        return replaced;
      }),

    /** A version that is not READY says why it is not. */
    fail(id: number, error: unknown): Promise<void> {
      const reason = error instanceof SluiceError ? error.message : "an unexpected error";
      return changeModelVersion(db, id, { status: "FAILED", reason }, new Date(clock()));
    },
  };
}

export const refuseReady = ({ version, model }: { version: string; model: string }): SluiceError => {
  const why = `version ${version} of ${model} is READY and never changes`;
  return new SluiceError("already_exists", `${why}; register another version for other files`);
};
