import type { TargetOrder } from "../fleet/orders.ts";
import type { MigrationDirection } from "../migration/migration.ts";
import type { Instant } from "../time.ts";
import type { DesiredState } from "./rollout.ts";

/** What the engine must bring about. Idempotent, carried out after the new state is on disk, and again until the facts agree. */
export type Effect =
  | { type: "validate" }
  | { type: "evaluateGates" }
  | { type: "runTests" }
  /** Runs what is pending, or takes back what is to go, one after the other. */
  | { type: "migrate"; direction: MigrationDirection }
  | { type: "setInstances"; revision: number; replicas: number }
  | { type: "removeInstances"; revision: number }
  /** Also carries mirror, pins and guard: a route is applied whole. */
  | { type: "setTraffic"; desired: DesiredState }
  /** Of a rollout to several targets: what is to be done at one of them. */
  | ({ type: "orderTarget" } & TargetOrder)
  | { type: "callHook"; step: number; url: string; timeoutSeconds: number }
  /** In the same transaction as the new state: the deployment's stable revision is now this one. */
  | { type: "declareStable"; revision: number }
  /** The old stable may go at `at`; until then it stays warm for an instant rollback. */
  | { type: "retire"; revision: number; at: Instant };

/** What happened, for people and machines. Stored with the new state; `alert` marks what somebody must hear of (edge case 52). */
export interface RolloutEvent {
  /** `rollout.<noun>.<past participle>`, for example `rollout.phase.changed`, `rollout.weight.applied`, `rollout.guard.closed`. */
  type: string;
  message: string;
  alert: boolean;
  data: Record<string, unknown>;
}

export interface Advanced<R> {
  rollout: R;
  effects: Effect[];
  events: RolloutEvent[];
  /** When to look again if nothing else happens. Absent: only a change in the world matters. */
  wakeAt?: Instant;
}
