import type { LogLine, LogQuery, RouteObservation, WorkloadStatus } from "@sluice/core";

/**
 * What the HTTP layer may ask of the running system: observations, and the one command that changes no desired state.
 * Everything else goes through the database and the engine.
 */
export interface Live {
  /** Where callers reach the gateway, without a trailing slash, for example `http://127.0.0.1:30080`. */
  readonly gatewayUrl: string;
  /** Instances of the deployment as its runtime reports them; empty when it has none. */
  observe(deployment: string): Promise<WorkloadStatus[]>;
  logs(query: LogQuery): AsyncIterable<LogLine>;
  /** What the gateway does for the deployment now; null without a route there, or when no gateway answers. */
  route(deployment: string): RouteObservation | null;
  /** Whether a gateway answers at this moment. */
  gatewayConnected(): boolean;
  /** Replaces the revision's instances by fresh ones, one at a time. Throws `aborted` for a fence that is too old. */
  restart(target: { deployment: string; revision: number; fence: number }): Promise<void>;
}
