import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import {
  type Instant,
  invalidField,
  type ModelFile,
  mergeFiles,
  modelFileOf,
  SluiceError,
  type StoragePlace,
  sameFiles,
  storagePath,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import type { ArtifactService } from "../../../artifact/artifact.service.ts";
import { appendAudit } from "../../../audit/audit.store.ts";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Database } from "../../../db/schema.ts";
import type { ObjectStore } from "../../../storage/object-store.ts";
import { requireModelVersion } from "../model.service.ts";
import {
  changeModelVersion,
  findModelVersion,
  findModelVersionForUpdate,
  type StoredModelVersion,
} from "../model.store.ts";
import { folderOf } from "../model.view.ts";
import { type FormFile, readForm } from "./upload.form.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  artifacts: ArtifactService;
  storage: ObjectStore;
  bucket: string;
  /** Bytes. */
  uploadLimit: number;
}

export type UploadService = ReturnType<typeof createUploadService>;

export function createUploadService({ db, clock, artifacts, storage, bucket, uploadLimit }: Deps) {
  /** Each upload has a folder of its own: two at once never write over each other. */
  const receive = async (request: IncomingMessage, folder: StoragePlace, files: ModelFile[]): Promise<void> => {
    const place = randomUUID().slice(0, 8);
    let left = uploadLimit;
    const keep = async ({ field, name, sha256, content }: FormFile): Promise<void> => {
      if (files.some((file) => file.name === name)) throw invalidField(field, name, "each file once");
      const file: ModelFile = { name, bytes: 0, sha256: "", path: `${place}/${name}` };
      const hash = createHash("sha256");
      files.push(file);
      const counted = async function* () {
        for await (const chunk of content as AsyncIterable<Buffer>) {
          file.bytes += chunk.length;
          left -= chunk.length;
          if (left < 0) throw tooLarge(uploadLimit);
          hash.update(chunk);
          yield chunk;
        }
      };
      await storage.put(below(folder, file), Readable.from(counted()));
      file.sha256 = hash.digest("hex");
      if (sha256 !== null && sha256 !== file.sha256) {
        throw invalidField("sha256", sha256, `the SHA-256 of what arrived as ${name}, which is ${file.sha256}`);
      }
      if (file.bytes === 0) throw invalidField(field, `${name}, which is empty`, "a file with content");
    };
    const field = (name: string, value: string): void => {
      throw invalidField(name, value, "files, and `sha256` before the file that it is of");
    };
    if (Number(request.headers["content-length"] ?? 0) > uploadLimit + FORM_BYTES) throw tooLarge(uploadLimit);
    await readForm(request, { keep, field });
    if (files.length === 0) throw invalidField("file", undefined, "at least one file, as in -F file=@model.onnx");
  };

  const discard = async (folder: StoragePlace, files: readonly ModelFile[]): Promise<void> => {
    for (const file of files) await storage.remove(below(folder, file));
  };

  /** In one transaction: the version's files, what it has become, and the record of it. Answers files that nobody needs now. */
  const commit = async (principal: Principal, id: number, uploaded: ModelFile[]): Promise<ModelFile[]> =>
    inAmbientTransaction(db, async () => {
      const version = await findModelVersionForUpdate(db, id);
      if (version === undefined) throw new SluiceError("not_found", `version ${id} does not exist`);
      const { files, replaced } = mergeFiles(version.files, uploaded);
      if (version.status === "READY") {
        if (sameFiles(files, version.files)) return uploaded;
        const why = `version ${version.version} of ${version.model} is READY and never changes`;
        throw new SluiceError("already_exists", `${why}; register another version for other files`);
      }
      const at = new Date(clock());
      const { project, model: name } = version;
      const model = modelFileOf(files.map((file) => file.name));
      if (model === null) await changeModelVersion(db, id, { status: "PENDING", reason: null, files }, at);
      else {
        const spec = { files: storagePath(folderOf(version, bucket)), runtime: model.runtime, manifest: files };
        const input = { version: version.version, spec, source: null };
        const created = await artifacts.createVersion(principal, { project, name }, input);
        await changeModelVersion(db, id, { status: "READY", reason: null, files, versionId: created.version.id }, at);
      }
      const detail = { model: name, version: version.version, files: uploaded.map((file) => [file.name, file.sha256]) };
      const audit = { project, actor: principal.name, subject: String(id), at };
      await appendAudit(db, { ...audit, action: "model.upload", detail });
      return replaced;
    });

  const noteFailure = (id: number, error: unknown): Promise<void> => {
    const reason = error instanceof SluiceError ? error.message : "an unexpected error";
    return changeModelVersion(db, id, { status: "FAILED", reason }, new Date(clock()));
  };

  return {
    /**
     * Keeps the files of a form. A version that then has a model among its files is READY: it becomes an immutable version
     * of its artifact. The same files again change nothing; others for a version that is READY are `already_exists`. An
     * upload that fails leaves no file behind, and a version that says why.
     */
    async upload(principal: Principal, id: number, request: IncomingMessage): Promise<StoredModelVersion> {
      const version = await requireModelVersion(db, principal, "artifact.write", id);
      const folder = folderOf(version, bucket);
      const files: ModelFile[] = [];
      try {
        await receive(request, folder, files);
        await discard(folder, await commit(principal, id, files));
      } catch (error) {
        await discard(folder, files);
        await noteFailure(id, error);
        throw error;
      }
      return (await findModelVersion(db, id)) ?? version;
    },
  };
}

/** A form is longer than its files by its parts' heads. */
const FORM_BYTES = 65_536;

const below = ({ bucket, key }: StoragePlace, file: ModelFile): StoragePlace => ({
  bucket,
  key: `${key}/${file.path}`,
});

const tooLarge = (limit: number): SluiceError =>
  new SluiceError(
    "resource_exhausted",
    `the upload is larger than ${limit} bytes, the limit of this server (SLUICE_UPLOAD_LIMIT)`,
  );
