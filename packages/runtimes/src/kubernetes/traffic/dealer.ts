import type { ClusterTraffic, Inexpressible, Placement, PlaneWish, RouteConfig, Split } from "@sluice/core";
import type { Kind } from "../client/kinds.ts";

/** What a deployment's callers are dealt by, as it is in the cluster now. */
export interface Dealt {
  /** Of what was put last, in force or not. */
  epoch: number;
  split: Split;
  state: DealtState;
}

/** What is written is in force, or is being taken over, or will not be: why, in a sentence. */
export type DealtState = { is: "in force" } | { is: "pending" | "refused"; why: string };

export const IN_FORCE: DealtState = { is: "in force" };

/** One way in which a cluster deals callers: an HTTPRoute, a pair of Ingresses, or the pods behind a Service. */
export interface Dealer {
  readonly type: ClusterTraffic["type"];
  /** What it makes and looks at, for the cache. */
  readonly kinds: readonly Kind[];
  /**
   * Brings the objects to the configuration, and answers whether anything had to be written. Throws `aborted` when they carry a newer
   * epoch, and `failed_precondition` for what cannot be said, or is somebody else's.
   */
  put(config: RouteConfig, placement: Placement): Promise<boolean>;
  /** Takes all of it away. */
  remove(deployment: string): Promise<void>;
  /** From the cache; null when there is nothing of the deployment. */
  observe(deployment: string): Dealt | null;
  /** Ids of all that it has anything of. */
  deployments(): string[];
  /** What stands against the wish, by asking the cluster: kinds that are missing, a Gateway that is not there. */
  preflight(placement: Placement, wish: PlaneWish): Promise<Inexpressible[]>;
}
