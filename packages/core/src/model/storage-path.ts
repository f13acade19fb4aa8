import { invalidField } from "../errors.ts";

/** One object, or the folder of several, in a store that speaks S3. */
export interface StoragePlace {
  bucket: string;
  /** Without a slash at either end. */
  key: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const SCHEME = "s3://";
const ALLOWED = "s3://bucket/key or bucket/key";

/**
 * `s3://bucket/key` and `bucket/key` are the same place. Throws `invalid_argument` for what names no object, or leads out of
 * its bucket.
 *
 * @param field where the path stands in what the user wrote
 */
export function parseStoragePath(path: string, field = "path"): StoragePlace {
  const bare = path.startsWith(SCHEME) ? path.slice(SCHEME.length) : path;
  const slash = bare.indexOf("/");
  const bucket = bare.slice(0, Math.max(slash, 0));
  const key = bare.slice(slash + 1).replace(/\/+$/, "");
  if (!BUCKET.test(bucket)) {
    throw invalidField(field, path, `${ALLOWED}, with a bucket of 3 to 63 of a-z, 0-9, '.' and '-'`);
  }
  if (!isKey(key)) throw invalidField(field, path, `${ALLOWED}, with a key without empty parts, '.', '..' and '\\'`);
  return { bucket, key };
}

/** As people and other programs write it. */
export const storagePath = ({ bucket, key }: StoragePlace): string => `${SCHEME}${bucket}/${key}`;

/** Longest key of S3, in bytes of UTF-8; no character takes more than four. */
const LONGEST = 1_024;

/** Whether the key can be a path below a folder, whatever the store is made of. */
export const isKey = (key: string): boolean =>
  key.length > 0 &&
  key.length <= LONGEST &&
  key.isWellFormed() &&
  !hasControl(key) &&
  !key.includes("\\") &&
  key.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** Control characters are in no name that anybody meant. */
export const hasControl = (text: string): boolean =>
  [...text].some((character) => character < " " || character === "\x7f");
