import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { createFolderStore } from "./folder.store.ts";
import type { ObjectStore } from "./object-store.ts";
import { createS3Store } from "./s3.store.ts";
import type { StorageConfig } from "./storage.config.ts";

/** The configured store. Nothing is asked of it yet; its bucket is made before something is first put there. */
export function openStorage(config: StorageConfig, dataDir: string): ObjectStore {
  const store = storeOf(config, dataDir);
  let ready: Promise<void> | null = null;
  const prepared = (bucket: string): Promise<void> => {
    ready ??= store.prepare(bucket).catch((error: unknown) => {
      ready = null;
      throw error;
    });
    return ready;
  };
  return {
    ...store,
    put: async (place, content) => {
      if (place.bucket === config.bucket) await prepared(place.bucket);
      await store.put(place, content);
    },
  };
}

function storeOf(config: StorageConfig, dataDir: string): ObjectStore {
  if (config.type === "folder") return createFolderStore(join(dataDir, "storage"));
  const missing = Object.entries({ SLUICE_S3_ACCESS_KEY: config.accessKey, SLUICE_S3_SECRET_KEY: config.secretKey });
  const names = missing.filter(([, value]) => value === "").map(([name]) => name);
  if (names.length > 0) {
    throw new SluiceError(
      "failed_precondition",
      `${names.join(" and ")} missing: files are kept in S3, which asks for keys`,
    );
  }
  return createS3Store(config);
}
