import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { invalidField, type ModelFile, type SluiceError, type StoragePlace } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import type { Database } from "../../../db/schema.ts";
import { StatusError } from "../../../http/status.ts";
import type { ObjectStore } from "../../../storage/object-store.ts";
import { requireModelVersion } from "../model.service.ts";
import { findModelVersion, type StoredModelVersion } from "../model.store.ts";
import { folderOf } from "../model.view.ts";
import type { UploadCommit } from "./upload.commit.ts";
import { type FormFile, readForm } from "./upload.form.ts";

interface Deps {
  db: Kysely<Database>;
  commit: UploadCommit;
  storage: ObjectStore;
  bucket: string;
  /** Bytes. */
  uploadLimit: number;
}

export type UploadService = ReturnType<typeof createUploadService>;

export function createUploadService({ db, commit, storage, bucket, uploadLimit }: Deps) {
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
        await discard(folder, await commit.keep(principal, id, files));
      } catch (error) {
        await discard(folder, files);
        await commit.fail(id, error);
        throw error;
      }
      return (await findModelVersion(db, id)) ?? version;
    },
  };
}

/** A form is longer than its files by its parts' heads. */
const FORM_BYTES = 65_536;

export const below = ({ bucket, key }: StoragePlace, file: ModelFile): StoragePlace => ({
  bucket,
  key: `${key}/${file.path}`,
});

export const tooLarge = (limit: number): SluiceError =>
  new StatusError(
    413,
    "resource_exhausted",
    `the upload is larger than ${limit} bytes, the limit of this server (SLUICE_UPLOAD_LIMIT)`,
  );
