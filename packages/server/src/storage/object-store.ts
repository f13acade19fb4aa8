import type { Readable } from "node:stream";
import type { StoragePlace } from "@sluice/core";
import type { FileSource } from "@sluice/model-server/files";

export type { StoredObject } from "@sluice/model-server/files";
export { noObject, storeAway } from "@sluice/model-server/files";

/**
 * Where files are kept. One suite runs over every implementation (`store.suite.ts`).
 * Whatever cannot be reached is `unavailable`; what is not there is `not_found`.
 */
export interface ObjectStore extends FileSource {
  /** Makes the bucket if it is not there. Also tells whether the store can be used at all. */
  prepare(bucket: string): Promise<void>;
  /** Keeps what the stream holds, in place of what was there: all of it, or, when the stream fails, nothing. */
  put(place: StoragePlace, content: Readable): Promise<void>;
  /** What is not there is fine. */
  remove(place: StoragePlace): Promise<void>;
  close(): void;
}

/** Removes everything below a folder. */
export async function removeAll(store: ObjectStore, folder: StoragePlace): Promise<void> {
  for await (const { bucket, key } of store.list(folder)) await store.remove({ bucket, key });
}
