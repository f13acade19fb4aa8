import {
  type ArtifactKind,
  type DeploymentConfig,
  invalidField,
  type RouteSettings,
  type VersionSpec,
} from "@sluice/core";

/** What somebody wants to run, before any of it is written. */
export interface Admission {
  artifact: string;
  spec: VersionSpec;
  config: DeploymentConfig;
  /** Absent when the change does not touch it. */
  route?: RouteSettings | undefined;
}

/** Pure: throws `invalid_argument`, naming the field, for a configuration or a route that does not suit the version. */
export type Admit = (asked: Admission) => void;

/** Programs take what every configuration may say. */
const anything: Admit = () => undefined;

const promptsHaveNoInstances: Admit = ({ artifact, route }) => {
  if (route === undefined) return;
  throw invalidField("route", route, `nothing for ${artifact}: a prompt has no instances that could answer`);
};

/** What each kind asks of a deployment. */
export const ADMISSION: Readonly<Record<ArtifactKind, Admit>> = {
  application: anything,
  agent: anything,
  model: anything,
  pipeline: anything,
  prompt: promptsHaveNoInstances,
};
