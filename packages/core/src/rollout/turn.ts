import type { MigrationDirection } from "../migration/migration.ts";
import { same } from "../same.ts";
import type { Instant } from "../time.ts";
import { sameSplit } from "../traffic/split.ts";
import { Draft } from "./draft.ts";
import type { Effect } from "./effect.ts";
import type { Facts } from "./facts.ts";
import type { DesiredState, Rollout } from "./rollout.ts";

/** One call of `advance`: a draft with the facts it is decided on. */
export class Turn extends Draft {
  readonly facts: Facts;
  /** The desired state that the facts were observed under. */
  readonly written: DesiredState;
  /** Effects that belong to a transition and commit with it, so they are never repeated. */
  readonly once: Effect[] = [];
  wakeAt: Instant | undefined;
  /** The direction in which something is to be done to the data now, as the phase has found. */
  migrates: MigrationDirection | null = null;
  /** Set when what was just changed needs other facts before anything more can be decided. */
  needsOtherFacts = false;

  constructor(rollout: Rollout, facts: Facts, now: Instant) {
    super(rollout, now);
    this.facts = facts;
    this.written = rollout.desired;
  }

  get paused(): boolean {
    return this.rollout.pausedAt !== null;
  }

  /** Looks again at `at` or earlier. */
  wake(at: Instant): void {
    this.wakeAt = Math.min(this.wakeAt ?? at, at);
  }

  /**
   * The data plane does what is desired, as seen by itself (edge case 19). A wish of this very turn cannot have been
   * seen yet. Trivially true without a route.
   */
  get trafficSettled(): boolean {
    if (!this.facts.routed) return true;
    const { verified, applied, split } = this.facts.traffic;
    const wanted = this.rollout.desired.split;
    if (!verified || !applied || !sameTraffic(this.written, this.rollout.desired)) return false;
    return wanted === null || (split !== null && sameSplit(split, wanted));
  }
}

/** Whether two desired states ask the data plane for the same, instances aside. */
export function sameTraffic(left: DesiredState, right: DesiredState): boolean {
  const traffic = ({ instances: _, ...rest }: DesiredState) => rest;
  return same(traffic(left), traffic(right));
}
