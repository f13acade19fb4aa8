import { modelFileOf, storagePath } from "@sluice/core";
import type { z } from "zod";
import type { modelVersionView, modelView } from "./model.schema.ts";
import { plainTime } from "./model.schema.ts";
import type { StoredModel, StoredModelVersion } from "./model.store.ts";

export const viewOfModel = (model: StoredModel): z.input<typeof modelView> => ({
  id: model.id,
  name: model.name,
  description: model.description,
  project: model.project,
  created_at: plainTime(model.createdAt),
  created_by: model.createdBy,
});

/** The folder that a version's files are in. */
export const folderOf = ({ project, model, version }: StoredModelVersion, bucket: string) => ({
  bucket,
  key: `${project}/${model}/${version}`,
});

export function viewOfVersion(version: StoredModelVersion, bucket: string): z.input<typeof modelVersionView> {
  const isReady = version.status === "READY" && version.files.length > 0;
  return {
    id: version.id,
    model_id: version.modelId,
    model: version.model,
    version: version.version,
    status: version.status,
    reason: version.reason,
    s3_path: isReady ? storagePath(folderOf(version, bucket)) : null,
    runtime: modelFileOf(version.files.map(({ name }) => name))?.runtime ?? null,
    files: version.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    created_at: plainTime(version.createdAt),
    updated_at: plainTime(version.updatedAt),
    created_by: version.createdBy,
  };
}
