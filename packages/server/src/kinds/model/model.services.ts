import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { ArtifactService } from "../../artifact/artifact.service.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/schema.ts";
import { openStorage } from "../../storage/storage.ts";
import { createModelService, type ModelService } from "./model.service.ts";
import { createUploadService, type UploadService } from "./upload/upload.service.ts";

/** What the interface for models may ask of the server. */
export interface ModelServices {
  models: ModelService;
  uploads: UploadService;
  /** That uploads are kept in. */
  bucket: string;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  artifacts: ArtifactService;
  config: Config;
}

export function createModelServices({ db, clock, artifacts, config }: Deps): ModelServices {
  const { storage: settings, uploadLimit } = config.models;
  const storage = openStorage(settings, config.dataDir);
  const { bucket } = settings;
  return {
    models: createModelService({ db, clock, artifacts }),
    uploads: createUploadService({ db, clock, artifacts, storage, bucket, uploadLimit }),
    bucket,
  };
}
