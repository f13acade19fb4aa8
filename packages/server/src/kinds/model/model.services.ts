import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { ArtifactService } from "../../artifact/artifact.service.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/schema.ts";
import type { DeploymentService } from "../../deployment/deployment.services.ts";
import type { EventBell } from "../../event/event.bell.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { openStorage } from "../../storage/storage.ts";
import { type BatchService, createBatchService } from "./batch/batch.service.ts";
import { createModelDeploymentService, type ModelDeploymentService } from "./deployment/deployment.service.ts";
import { createSettling, type Settling } from "./deployment/deployment.settle.ts";
import type { ModelConfig } from "./model.config.ts";
import { createModelService, type ModelService } from "./model.service.ts";
import { createResumableService, type ResumableService } from "./upload/resumable.service.ts";
import { createUploadCommit } from "./upload/upload.commit.ts";
import { createUploadService, type UploadService } from "./upload/upload.service.ts";

/** What the interface for models may ask of the server. */
export interface ModelServices {
  batches: BatchService;
  storage: ObjectStore;
  config: ModelConfig;
  deployments: ModelDeploymentService;
  settling: Settling;
  models: ModelService;
  uploads: UploadService;
  resumable: ResumableService;
  /** That uploads are kept in. */
  bucket: string;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  bell: EventBell;
  artifacts: ArtifactService;
  deployments: DeploymentService;
  config: Config;
}

export function createModelServices({ db, clock, bell, artifacts, deployments, config }: Deps): ModelServices {
  const { storage: settings, uploadLimit } = config.models;
  const storage = openStorage(settings, config.dataDir);
  const { bucket } = settings;
  const settling = createSettling({ db, clock, bell, deployments, seconds: config.models.deploySeconds });
  const served = createModelDeploymentService({ db, clock, deployments, settling, config: config.models });
  const commit = createUploadCommit({ db, clock, artifacts, bucket });
  return {
    batches: createBatchService({ db, clock, storage, bucket, uploadLimit, deployments: served }),
    storage,
    config: config.models,
    deployments: served,
    settling,
    models: createModelService({ db, clock, artifacts }),
    uploads: createUploadService({ db, commit, storage, bucket, uploadLimit }),
    resumable: createResumableService({ db, clock, commit, storage, bucket, uploadLimit }),
    bucket,
  };
}
