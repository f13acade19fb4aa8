import { createHash, type Hash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { type Instant, invalidField, type ModelFile, SluiceError, type StoragePlace } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import { newId } from "../../../db/ids.ts";
import type { Database } from "../../../db/schema.ts";
import { type ObjectStore, removeAll } from "../../../storage/object-store.ts";
import { requireModelVersion } from "../model.service.ts";
import type { StoredModelVersion } from "../model.store.ts";
import { folderOf } from "../model.view.ts";
import { type Arriving, arriving } from "./parts.ts";
import {
  deleteUpload,
  findUpload,
  findUploadForUpdate,
  finishUpload,
  insertUpload,
  listUploads,
  type StoredUpload,
  silentUploads,
  type UploadPart,
  updateParts,
} from "./resumable.store.ts";
import { type Checksum, mismatch } from "./upload.checksum.ts";
import { refuseReady, type UploadCommit } from "./upload.commit.ts";
import type { UploadMetadata } from "./upload.metadata.ts";
import { below, tooLarge } from "./upload.service.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  commit: UploadCommit;
  storage: ObjectStore;
  bucket: string;
  /** Bytes. */
  uploadLimit: number;
}

/** Bytes of a part: as much has to be sent again, at most, when the server dies. */
const PART = 16_777_216;
/** Of one file: whoever sends it in smaller pieces than it takes to stay below is refused. */
const MOST_PARTS = 10_000;
/** Files of one version that are on their way at the same time. */
const AT_ONCE = 100;
/** Milliseconds after which a file that nobody goes on with is forgotten. */
export const ABANDONED_AFTER = 24 * 3_600_000;

export type ResumableService = ReturnType<typeof createResumableService>;

/**
 * Files that arrive in as many requests as it takes. What has arrived is in the storage, in parts of its own, and counted in
 * the database: neither a broken connection nor a restart takes it away. With its last byte a file is put together, checked,
 * and given to its version, as if it had come in a form.
 */
export function createResumableService({ db, clock, commit, storage, bucket, uploadLimit }: Deps) {
  const placeOf = (id: string): StoragePlace => ({ bucket, key: `.uploads/${id}` });
  /** Files that are being put together here: whoever asks again is answered with them. */
  const finishing = new Map<string, Promise<void>>();

  const requireUpload = async (principal: Principal, versionId: number, id: string): Promise<StoredUpload> => {
    await requireModelVersion(db, principal, "artifact.write", versionId);
    const upload = await findUpload(db, id);
    if (upload === undefined || upload.versionId !== versionId) throw gone(id);
    return upload;
  };

  const forget = async (id: string): Promise<void> => {
    await removeAll(storage, placeOf(id));
    await deleteUpload(db, id);
  };

  /** Counts parts. Throws `aborted` where others have been counted in their place. */
  const count = (id: string, at: number, arrived: readonly UploadPart[]): Promise<void> =>
    db.transaction().execute(async (tx) => {
      const upload = await findUploadForUpdate(tx, id);
      if (upload === undefined) throw gone(id);
      if (upload.received !== at) throw elsewhere(upload);
      const parts = [...upload.parts, ...arrived];
      if (parts.length > MOST_PARTS) {
        throw new SluiceError("resource_exhausted", `a file comes in at most ${MOST_PARTS} pieces; send larger ones`);
      }
      const received = arrived.reduce((sum, { bytes }) => sum + bytes, at);
      await updateParts(tx, id, { received, parts }, new Date(clock()));
    });

  /** Stores the next part, which counts for nothing yet. */
  const store = async (upload: StoredUpload, at: number, body: Arriving, hash?: Hash): Promise<UploadPart> => {
    const place = { bucket, key: `${placeOf(upload.id).key}/${randomUUID()}` };
    const part: UploadPart = { key: place.key, bytes: 0 };
    const counted = async function* () {
      for await (const chunk of body.part(PART)) {
        part.bytes += chunk.length;
        if (at + part.bytes > upload.bytes) {
          throw invalidField("", `more than ${upload.bytes} bytes`, "as many as its Upload-Length said");
        }
        hash?.update(chunk);
        yield chunk;
      }
    };
    await storage.put(place, Readable.from(counted()));
    return part;
  };

  const drop = async (parts: readonly UploadPart[]): Promise<void> => {
    for (const { key } of parts) await storage.remove({ bucket, key });
  };

  /** Keeps what arrives part by part, also where the caller leaves half-way; answers how much is here then. */
  const keepWhatComes = async (upload: StoredUpload, at: number, body: Arriving): Promise<number> => {
    let received = at;
    while (await body.more()) {
      const part = await store(upload, received, body);
      await count(upload.id, received, [part]).catch(async (error: unknown) => {
        await drop([part]);
        throw error;
      });
      received += part.bytes;
    }
    return received;
  };

  /** Keeps all of a piece, or nothing of it where it does not come to its checksum: one that was cut does not. */
  const keepChecked = async (upload: StoredUpload, at: number, body: Arriving, checksum: Checksum): Promise<number> => {
    const hash = createHash(checksum.algorithm);
    const parts: UploadPart[] = [];
    let received = at;
    try {
      while (await body.more()) {
        const part = await store(upload, received, body, hash);
        parts.push(part);
        received += part.bytes;
      }
      if (!hash.digest().equals(checksum.digest)) throw mismatch(checksum);
      await count(upload.id, at, parts);
    } catch (error) {
      await drop(parts);
      throw error;
    }
    return received;
  };

  const together = async function* (parts: readonly UploadPart[]) {
    for (const { key } of parts) yield* (await storage.get({ bucket, key })) as AsyncIterable<Buffer>;
  };

  /** Puts the parts together. Throws, and leaves nothing, where they do not come to what was promised. */
  const assemble = async (folder: StoragePlace, upload: StoredUpload): Promise<ModelFile> => {
    const hash = createHash("sha256");
    const hashed = async function* () {
      for await (const chunk of together(upload.parts)) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const { name, bytes } = upload;
    const file = { name, bytes, sha256: "", path: `${randomUUID().slice(0, 8)}/${name}` };
    await storage.put(below(folder, file), Readable.from(hashed()));
    const sha256 = hash.digest("hex");
    if (upload.sha256 === null || upload.sha256 === sha256) return { ...file, sha256 };
    await storage.remove(below(folder, file));
    throw invalidField("sha256", upload.sha256, `the SHA-256 of what arrived as ${name}, which is ${sha256}`);
  };

  const finish = async (principal: Principal, version: StoredModelVersion, upload: StoredUpload): Promise<void> => {
    const folder = folderOf(version, bucket);
    try {
      const file = await assemble(folder, upload);
      const unneeded = await commit.keep(principal, version.id, [file], upload.more).catch(async (error: unknown) => {
        await storage.remove(below(folder, file));
        throw error;
      });
      for (const one of unneeded) await storage.remove(below(folder, one));
    } catch (error) {
      // What the storage or the database could not do now is tried again by whoever asks again.
      if (isFinal(error)) {
        await commit.fail(version.id, error);
        await forget(upload.id);
      }
      throw error;
    }
    await finishUpload(db, upload.id, new Date(clock()));
    await removeAll(storage, placeOf(upload.id));
  };

  const finishOnce = (principal: Principal, version: StoredModelVersion, upload: StoredUpload): Promise<void> => {
    const under = finishing.get(upload.id);
    if (under !== undefined) return under;
    const work = finish(principal, version, upload).finally(() => finishing.delete(upload.id));
    finishing.set(upload.id, work);
    return work;
  };

  return {
    /** Bytes that a file may have. */
    uploadLimit,

    /**
     * Begins a file of `bytes` bytes, or goes on with one: the same name, length, checksum and fingerprint are the same file.
     */
    async begin(principal: Principal, id: number, bytes: number, metadata: UploadMetadata): Promise<StoredUpload> {
      const version = await requireModelVersion(db, principal, "artifact.write", id);
      const { name, sha256, fingerprint, more } = metadata;
      if (bytes === 0) throw invalidField("headers.upload-length", `0 for ${name}`, "a file with content");
      if (bytes > uploadLimit) throw tooLarge(uploadLimit);
      const isReady = version.status === "READY";
      const isHere = version.files.some((file) => file.name === name && file.bytes === bytes && file.sha256 === sha256);
      if (isReady && !isHere) throw refuseReady(version);
      // What the version has already need not come again, unless it is what makes it READY.
      const kept = isHere && (isReady || more);
      const known = await listUploads(db, id);
      const same = known.find((one) => isSame(one, bytes, metadata));
      if (same !== undefined && (kept || !same.finished)) return same;
      const open = known.filter(({ finished }) => !finished);
      if (open.length >= AT_ONCE) {
        throw new SluiceError("resource_exhausted", `version ${id} has ${AT_ONCE} files on their way already`);
      }
      if (open.reduce((sum, one) => sum + one.bytes, bytes) > uploadLimit) throw tooLarge(uploadLimit);
      const at = new Date(clock());
      const upload = {
        ...{ id: newId("upl"), versionId: id, name, bytes, sha256, fingerprint, more, metadata: metadata.header },
        ...{ received: kept ? bytes : 0, finished: kept },
        ...{ createdAt: at, updatedAt: at, createdBy: principal.name },
      };
      await insertUpload(db, upload);
      return { ...upload, parts: [] };
    },

    /** Files of a version that are on their way, oldest first. */
    async list(principal: Principal, id: number): Promise<StoredUpload[]> {
      await requireModelVersion(db, principal, "artifact.read", id);
      return (await listUploads(db, id)).filter(({ finished }) => !finished);
    },

    get: requireUpload,

    /**
     * Keeps what a request holds of a file from byte `offset` on, and answers how many bytes have arrived then, and how long
     * they are kept (null: the file is whole): also where the caller has left half-way. With a checksum a piece is kept as a
     * whole or not at all. With the last byte the file is put together; nothing more, once all has arrived, does that again.
     * Throws `aborted` for another offset than the next.
     */
    async receive(
      principal: Principal,
      key: { version: number; upload: string },
      piece: { offset: number; checksum: Checksum | null; request: IncomingMessage },
    ): Promise<{ received: number; expiresAt: Date | null }> {
      const { offset, checksum, request } = piece;
      const version = await requireModelVersion(db, principal, "artifact.write", key.version);
      const upload = await requireUpload(principal, key.version, key.upload);
      if (upload.received !== offset) throw elsewhere(upload);
      const body = arriving(request);
      const received =
        checksum === null
          ? await keepWhatComes(upload, offset, body)
          : await keepChecked(upload, offset, body, checksum);
      if (received < upload.bytes) return { received, expiresAt: new Date(clock() + ABANDONED_AFTER) };
      if (upload.finished) return { received, expiresAt: null };
      const whole = await findUpload(db, upload.id);
      if (whole === undefined) throw gone(upload.id);
      if (!whole.finished) await finishOnce(principal, version, whole);
      return { received, expiresAt: null };
    },

    /** Forgets a file and what has arrived of it; one that belongs to its version stays there. */
    async abandon(principal: Principal, versionId: number, id: string): Promise<void> {
      const upload = await requireUpload(principal, versionId, id);
      await forget(upload.id);
    },

    /** Forgets files that nobody has gone on with for a day. Answers how many these were. */
    async forgetAbandoned(): Promise<number> {
      const abandoned = await silentUploads(db, new Date(clock() - ABANDONED_AFTER));
      for (const { id } of abandoned) await forget(id);
      return abandoned.length;
    },
  };
}

const isSame = (one: StoredUpload, bytes: number, { name, sha256, fingerprint, more }: UploadMetadata): boolean =>
  (sha256 !== null || fingerprint !== null) &&
  one.name === name &&
  one.bytes === bytes &&
  one.sha256 === sha256 &&
  one.more === more &&
  one.fingerprint === fingerprint;

const FINAL = new Set(["invalid_argument", "already_exists", "failed_precondition", "permission_denied", "not_found"]);
const isFinal = (error: unknown): boolean => error instanceof SluiceError && FINAL.has(error.code);

const gone = (id: string): SluiceError =>
  new SluiceError("not_found", `upload ${id} does not exist: it was given up, or nobody went on with it for a day`);

const elsewhere = ({ received }: StoredUpload): SluiceError =>
  new SluiceError("aborted", `${received} bytes have arrived; go on from there, with Upload-Offset: ${received}`);
