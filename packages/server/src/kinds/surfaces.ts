import type { ArtifactKind } from "@sluice/core";
import type { Routes } from "../http/app.types.ts";
import { agentRoutes } from "./agent/agent.routes.ts";
import { batchRoutes } from "./model/batch/batch.routes.ts";
import { modelDeploymentRoutes } from "./model/deployment/deployment.routes.ts";
import { modelRoutes } from "./model/model.routes.ts";
import { resumableRoutes } from "./model/upload/resumable.routes.ts";
import { uploadRoutes } from "./model/upload/upload.routes.ts";
import { pipelineRecordRoutes } from "./pipeline/pipeline.record.routes.ts";
import { pipelineRoutes } from "./pipeline/pipeline.routes.ts";
import { templateRoutes } from "./pipeline/template.routes.ts";

/** The HTTP interfaces that single kinds speak beside the native one, each as its own document prints it. */
export const SURFACES: Readonly<Record<ArtifactKind, readonly Routes[]>> = {
  application: [],
  agent: [agentRoutes],
  model: [modelRoutes, uploadRoutes, resumableRoutes, modelDeploymentRoutes, batchRoutes],
  pipeline: [pipelineRoutes, pipelineRecordRoutes, templateRoutes],
  prompt: [],
};
