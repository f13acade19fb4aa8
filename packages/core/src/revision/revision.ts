import type { DeploymentConfig } from "../deployment/config.schema.ts";
import { digestOf } from "./digest.ts";

/** What a revision consists of: which version, and how it runs. */
export interface RevisionContent {
  /** Name of the version, for example `1.1.0`. */
  version: string;
  /** Digest of the version's content. */
  versionDigest: string;
  config: DeploymentConfig;
}

/**
 * The digest that tells revisions of one deployment apart. `replicas` is left out: how many run is the deployment's
 * own wish, changed at any time by people and autoscalers, and never a reason for a rollout.
 */
export function revisionDigest({ version, versionDigest, config }: RevisionContent): string {
  const { replicas: _, ...content } = config;
  return digestOf({ version, versionDigest, config: content });
}
