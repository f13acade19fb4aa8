import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { SluiceError } from "@sluice/core";
import { type FileSource, noObject, storeAway } from "./file.source.ts";

export interface S3Access {
  /** Null: Amazon's own. */
  endpoint: string | null;
  region: string;
  /** Null: what the machine, or the account of a pod, gives. */
  keys: { access: string; secret: string } | null;
}

/** A client of any store that speaks S3: Amazon's, MinIO, Garage, Ceph … */
export const s3Client = ({ endpoint, region, keys }: S3Access): S3Client =>
  new S3Client({
    region,
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
    ...(keys !== null && { credentials: { accessKeyId: keys.access, secretAccessKey: keys.secret } }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
    // Checksums in trailers are new to S3, and many servers that speak it do not know them. Contents have ours.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

export const createS3Source = (client: S3Client): FileSource => ({
  async get(place, from = 0) {
    try {
      const range = from === 0 ? {} : { Range: `bytes=${from}-` };
      const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key, ...range }));
      if (Body instanceof Readable) return Body;
      throw new Error("the store answered without content");
    } catch (error) {
      if (isNamed(error, "InvalidRange")) return Readable.from([]);
      throw isMissing(error) ? noObject(place) : s3Failure(error);
    }
  },
  async stat(place) {
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }));
      return { ...place, bytes: found.ContentLength ?? 0, tag: found.ETag ?? "" };
    } catch (error) {
      if (isMissing(error)) return null;
      throw s3Failure(error);
    }
  },
  async *list({ bucket, key }) {
    try {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${key}/` })) {
        for (const { Key = "", Size = 0, ETag = "" } of page.Contents ?? []) {
          if (!Key.endsWith("/")) yield { bucket, key: Key, bytes: Size, tag: ETag };
        }
      }
    } catch (error) {
      if (!isMissing(error)) throw s3Failure(error);
    }
  },
});

export const isNamed = (error: unknown, ...names: string[]): boolean =>
  error instanceof Error && names.includes(error.name);
export const isMissing = (error: unknown): boolean => isNamed(error, "NotFound", "NoSuchKey", "NoSuchBucket");

/** What the store said, by its name alone: its sentences quote keys and hosts. */
export function s3Failure(error: unknown): unknown {
  if (error instanceof SluiceError || !(error instanceof Error)) return error;
  if (
    "$metadata" in error ||
    /^(E[A-Z_]+|TimeoutError|NetworkingError)$/.test("code" in error ? String(error.code) : error.name)
  ) {
    const named = "code" in error ? String(error.code) : error.name;
    return storeAway(error, `it answered ${named === "403" ? "Forbidden" : named}`);
  }
  return error;
}
