import type { Readable } from "node:stream";
import { SluiceError, type StoragePlace, storagePath } from "@sluice/core";

export interface StoredObject extends StoragePlace {
  bytes: number;
  /** Changes when the content does, as far as the store can tell. */
  tag: string;
}

/** Where files are read from. Whatever cannot be reached is `unavailable`; what is not there is `not_found`. */
export interface FileSource {
  /** The content, from byte `from` on. */
  get(place: StoragePlace, from?: number): Promise<Readable>;
  /** Null when there is no such object. */
  stat(place: StoragePlace): Promise<StoredObject | null>;
  /** Everything below a folder, by key. */
  list(folder: StoragePlace): AsyncIterable<StoredObject>;
}

export const noObject = (place: StoragePlace): SluiceError =>
  new SluiceError("not_found", `${storagePath(place)} does not exist`);

export const storeAway = (cause: unknown, what: string): SluiceError =>
  new SluiceError("unavailable", `the storage cannot be used: ${what}`, { cause });
