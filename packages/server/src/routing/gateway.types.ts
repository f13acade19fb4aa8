import type { RouteConfig, RouteObservation } from "@sluice/core";

/** What the engine and the publisher need of the data plane. */
export interface GatewayLink {
  /** True while what serves this deployment answers and its last word is fresh; without a deployment, while a gateway does. */
  connected(deployment?: string): boolean;
  /** What the gateway said last of the route; null when it has none or has said nothing yet. */
  route(deployment: string): RouteObservation | null;
  /** Ids of every route the gateway has. */
  routes(): string[];
  /** Applied when it returns. Throws `aborted` when the gateway has a newer epoch, `unavailable` when it cannot be reached. */
  put(config: RouteConfig): Promise<void>;
  /** Unknown routes are fine. */
  remove(deployment: string): Promise<void>;
  /** Something about the route changed that may matter to its rollout; a hint that may be lost or doubled. */
  onRoute(listener: (deployment: string) => void): () => void;
  /** A gateway is there that may know nothing: a first connection, or a restart. */
  onConnect(listener: () => void): () => void;
}
