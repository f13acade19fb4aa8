import type { ArtifactKind } from "../artifact/version.schema.ts";
import type { Target } from "../environment/target.schema.ts";

/** Where a deployment's objects are, and under which names people find them. */
export interface Placement {
  target: Target;
  project: string;
  environment: string;
  /** The deployment's. */
  name: string;
  kind: ArtifactKind;
}
