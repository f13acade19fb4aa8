import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { createFolderStore } from "./folder.store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { S3Config, StorageConfig } from "./storage.config.ts";

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
  return s3Store(config);
}

/** The client of S3 is much of what a server would load: only one that keeps files there loads it, from the start on. */
function s3Store(config: S3Config): ObjectStore {
  const loaded = import("./s3.store.ts").then(({ createS3Store }) => createS3Store(config));
  // Whoever asks is told.
  loaded.catch(() => undefined);
  return {
    prepare: async (bucket) => (await loaded).prepare(bucket),
    put: async (place, content) => (await loaded).put(place, content),
    get: async (place, from) => (await loaded).get(place, from),
    stat: async (place) => (await loaded).stat(place),
    list: async function* (folder) {
      yield* (await loaded).list(folder);
    },
    remove: async (place) => (await loaded).remove(place),
    close: () => {
      loaded.then((store) => store.close()).catch(() => undefined);
    },
  };
}
