import type { Deployment, DeploymentMetrics, Event, Rollout } from "@sluice/client";

/** Everything the picture of a rollout shows. What could not be had is null and left out. */
export interface RolloutView {
  rollout: Rollout;
  deployment: Deployment | null;
  metrics: DeploymentMetrics | null;
  /** Oldest first. */
  events: readonly Event[];
}
