import type { ArtifactKind } from "@sluice/core";
import type { Check } from "../engine/checks.ts";
import { modelChecks } from "./model/model.checks.ts";
import { pipelineChecks } from "./pipeline/pipeline.checks.ts";

/** What validation asks about candidates of each kind, beside the checks that every candidate gets. */
export const KIND_CHECKS: Readonly<Record<ArtifactKind, readonly Check[]>> = {
  application: [],
  agent: [],
  model: modelChecks,
  pipeline: pipelineChecks,
  prompt: [],
};
