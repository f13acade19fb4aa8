import type { Recipe, Workload, WorkloadStatus } from "@sluice/core";
import type { Kind } from "./client/kinds.ts";

/** A revision that is in the cluster, by its label. */
export interface RevisionRef {
  deployment: string;
  revision: number;
  namespace: string;
}

/**
 * What brings one revision into the cluster. The runtime holds the fence, the namespace and the list of deployments, and asks
 * the carrier of the workload's recipe for the rest; without a recipe that is Deployment, Service and what belongs to them.
 */
export interface Carrier {
  /** Kinds that it makes and looks at; the runtime follows them in the cache, as far as the cluster serves them. */
  readonly kinds: readonly Kind[];
  /** Which workloads are its own. */
  carries(recipe: Recipe | undefined): boolean;
  /** Idempotent. What cannot be finished leaves nothing half-made. Throws `SluiceError` in the cluster's words. */
  apply(workload: Workload, namespace: string): Promise<void>;
  /** Begins to take everything of the revision away. What is not there is fine. */
  remove(revision: RevisionRef): Promise<void>;
  /** Replaces the revision's instances by fresh ones. `fence` names the act: the same one twice happens once. */
  restart(revision: RevisionRef, fence: number): Promise<void>;
  /** Every revision of the deployment that it has anything of, as the cache has it; also those on their way out. */
  observe(deployment: string): WorkloadStatus[];
  /** Every deployment that it has a revision of. */
  deployments(): string[];
  /** For what changes otherwise than in the cache's objects. Returns how to stop listening. */
  onChange?(listener: (deployment: string) => void): () => void;
  /** Nobody asks any more; what runs goes on. */
  close?(): Promise<void> | void;
}
