import type { Readable } from "node:stream";
import { SluiceError, type StoragePlace, storagePath } from "@sluice/core";

export interface StoredObject extends StoragePlace {
  bytes: number;
  /** Changes when the content does, as far as the store can tell. */
  tag: string;
}

/**
 * Where files are kept. One suite runs over every implementation (`store.suite.ts`).
 * Whatever cannot be reached is `unavailable`; what is not there is `not_found`.
 */
export interface ObjectStore {
  /** Makes the bucket if it is not there. Also tells whether the store can be used at all. */
  prepare(bucket: string): Promise<void>;
  /** Keeps what the stream holds, in place of what was there: all of it, or, when the stream fails, nothing. */
  put(place: StoragePlace, content: Readable): Promise<void>;
  /** The content, from byte `from` on. */
  get(place: StoragePlace, from?: number): Promise<Readable>;
  /** Null when there is no such object. */
  stat(place: StoragePlace): Promise<StoredObject | null>;
  /** Everything below a folder, by key. */
  list(folder: StoragePlace): AsyncIterable<StoredObject>;
  /** What is not there is fine. */
  remove(place: StoragePlace): Promise<void>;
  close(): void;
}

export const noObject = (place: StoragePlace): SluiceError =>
  new SluiceError("not_found", `${storagePath(place)} does not exist`);

export const storeAway = (cause: unknown, what: string): SluiceError =>
  new SluiceError("unavailable", `the storage cannot be used: ${what}`, { cause });

/** Removes everything below a folder. */
export async function removeAll(store: ObjectStore, folder: StoragePlace): Promise<void> {
  for await (const { bucket, key } of store.list(folder)) await store.remove({ bucket, key });
}
