import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { SluiceError } from "@sluice/core";
import { noObject, type ObjectStore, storeAway } from "./object-store.ts";
import type { S3Config } from "./storage.config.ts";

/** Bytes of a part, of which two are held in memory: an object has at most 10,000 of them, so that 160 GB fit. */
const PART = 16_777_216;
const PARTS_AT_ONCE = 2;

/** Any store that speaks S3: Amazon's, MinIO, Garage, Ceph … Parts of uploads that fail are taken back. */
export function createS3Store({ endpoint, region, accessKey, secretKey }: S3Config): ObjectStore {
  const client = new S3Client({
    region,
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
    // Checksums in trailers are new to S3, and many servers that speak it do not know them. Contents have ours.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    async prepare(bucket) {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      } catch (error) {
        if (!isMissing(error)) throw failure(error);
        await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((refused: unknown) => {
          if (!isName(refused, "BucketAlreadyOwnedByYou")) throw failure(refused);
        });
      }
    },
    async put({ bucket, key }, content) {
      const upload = new Upload({
        client,
        params: { Bucket: bucket, Key: key, Body: content },
        partSize: PART,
        queueSize: PARTS_AT_ONCE,
      });
      // What broke the stream is the reason, whatever the store says when its parts are taken back.
      let broken: Error | null = null;
      content.once("error", (error) => {
        broken = error;
      });
      await upload.done().catch((error: unknown) => {
        throw broken ?? failure(error);
      });
    },
    async get(place, from = 0) {
      try {
        const range = from === 0 ? {} : { Range: `bytes=${from}-` };
        const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key, ...range }));
        if (Body instanceof Readable) return Body;
        throw new Error("the store answered without content");
      } catch (error) {
        if (isName(error, "InvalidRange")) return Readable.from([]);
        throw isMissing(error) ? noObject(place) : failure(error);
      }
    },
    async stat(place) {
      try {
        const found = await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }));
        return { ...place, bytes: found.ContentLength ?? 0, tag: found.ETag ?? "" };
      } catch (error) {
        if (isMissing(error)) return null;
        throw failure(error);
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
        if (!isMissing(error)) throw failure(error);
      }
    },
    async remove({ bucket, key }) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
        if (!isMissing(error)) throw failure(error);
      });
    },
    close: () => client.destroy(),
  };
}

const isName = (error: unknown, ...names: string[]): boolean => error instanceof Error && names.includes(error.name);
const isMissing = (error: unknown): boolean => isName(error, "NotFound", "NoSuchKey", "NoSuchBucket");

/** What the store said, by its name alone: its sentences quote keys and hosts. */
function failure(error: unknown): unknown {
  if (error instanceof SluiceError || !(error instanceof Error)) return error;
  if (
    "$metadata" in error ||
    /^(E[A-Z]+|TimeoutError|NetworkingError)$/.test("code" in error ? String(error.code) : error.name)
  ) {
    const named = "code" in error ? String(error.code) : error.name;
    return storeAway(error, `it answered ${named === "403" ? "Forbidden" : named}`);
  }
  return error;
}
