import type { Placement } from "../runtime/placement.ts";
import type { Inexpressible, PlaneWish } from "./expressible.ts";
import type { RouteConfig, RouteObservation } from "./route.ts";

/** What deals callers among revisions: our gateway, a cluster's Gateway API, the resolver of prompts. */
export interface DataPlane {
  /** True while what serves this deployment answers and its last word is fresh; without a deployment, while the plane does. */
  connected(deployment?: string): boolean;
  /** What it said last of the route; null when it has none or has said nothing yet. */
  route(deployment: string): RouteObservation | null;
  /** Ids of every route it has. */
  routes(): string[];
  /**
   * Written when it returns; in force when the observation has the epoch. Throws `aborted` when it has a newer epoch,
   * `unavailable` when it cannot be reached, `failed_precondition` for what it cannot do.
   */
  put(config: RouteConfig, placement: Placement): Promise<void>;
  /** Unknown routes are fine. */
  remove(deployment: string): Promise<void>;
  /** What stands against a wish, by asking the plane; absent where everything can be done. Throws when it cannot be asked. */
  preflight?(placement: Placement, wish: PlaneWish): Promise<Inexpressible[]>;
  /** Something about the route changed that may matter to its rollout; a hint that may be lost or doubled. */
  onRoute(listener: (deployment: string) => void): () => void;
  /** It is there and may know nothing: a first connection, or a restart. */
  onConnect(listener: () => void): () => void;
}
