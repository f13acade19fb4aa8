import { CreateBucketCommand, DeleteObjectCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createS3Source, isMissing, isNamed, s3Client, s3Failure } from "@sluice/model-server/s3";
import type { ObjectStore } from "./object-store.ts";
import type { S3Config } from "./storage.config.ts";

/** Bytes of a part, of which two are held in memory: an object has at most 10,000 of them, so that 160 GB fit. */
const PART = 16_777_216;
const PARTS_AT_ONCE = 2;

/** Any store that speaks S3. Parts of uploads that fail are taken back. */
export function createS3Store({ endpoint, region, accessKey, secretKey }: S3Config): ObjectStore {
  const client = s3Client({ endpoint, region, keys: { access: accessKey, secret: secretKey } });
  return {
    ...createS3Source(client),
    async prepare(bucket) {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      } catch (error) {
        if (!isMissing(error)) throw s3Failure(error);
        await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((refused: unknown) => {
          if (!isNamed(refused, "BucketAlreadyOwnedByYou")) throw s3Failure(refused);
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
        throw broken ?? s3Failure(error);
      });
    },
    async remove({ bucket, key }) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
        if (!isMissing(error)) throw s3Failure(error);
      });
    },
    close: () => client.destroy(),
  };
}
