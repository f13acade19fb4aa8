import type { ArtifactKind, DeploymentConfig, RouteSettings, Strategy, VersionSpec } from "@sluice/core";
import { admitPipeline, admitPipelineVersion } from "./pipeline/pipeline.admission.ts";
import { admitPrompt, admitPromptVersion } from "./prompt/prompt.admission.ts";

/** What somebody wants to run, before any of it is written. */
export interface Admission {
  artifact: string;
  spec: VersionSpec;
  config: DeploymentConfig;
  /** Absent when the change does not touch it. */
  route?: RouteSettings | undefined;
  /** Absent when the change brings none. */
  strategy?: Strategy | undefined;
}

/** Pure: throws `invalid_argument`, naming the field, for a configuration or a route that does not suit the version. */
export type Admit = (asked: Admission) => void;

/** Programs take what every configuration may say. */
const anything: Admit = () => undefined;

/** What each kind asks of a deployment. */
export const ADMISSION: Readonly<Record<ArtifactKind, Admit>> = {
  application: anything,
  agent: anything,
  model: anything,
  pipeline: admitPipeline,
  prompt: admitPrompt,
};

/** Pure: throws `invalid_argument`, naming the field, for what the schema of the kind cannot see. Asked when a version is registered. */
export type AdmitVersion = (spec: VersionSpec) => void;

/** What each kind asks of a new version beyond its schema; versions that are there already are not asked again. */
export const VERSION_ADMISSION: Readonly<Record<ArtifactKind, AdmitVersion>> = {
  application: () => undefined,
  agent: () => undefined,
  model: () => undefined,
  pipeline: admitPipelineVersion,
  prompt: admitPromptVersion,
};
