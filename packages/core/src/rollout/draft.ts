import { SluiceError } from "../errors.ts";
import { same } from "../same.ts";
import type { Instant } from "../time.ts";
import type { RolloutEvent } from "./effect.ts";
import { isTerminal, type Phase, TRANSITIONS } from "./phase.ts";
import type { Rollout, StepState } from "./rollout.ts";
import type { RollbackTrigger } from "./trigger.ts";

/** Why a rollout is given up. `alert`: nobody asked for it, so somebody must hear of it. */
export interface Giving {
  trigger: RollbackTrigger;
  reason: string;
  alert?: boolean;
}

/** Phases that somebody must hear of (edge case 52). */
const BAD_ENDS: readonly Phase[] = ["failed", "gates_failed", "rolled_back"];

/**
 * A rollout while something decides about it: the state so far and what happened. The rollout itself is never
 * mutated but replaced, and stays the very same object while nothing changes.
 */
export class Draft {
  rollout: Rollout;
  readonly now: Instant;
  readonly events: RolloutEvent[] = [];

  constructor(rollout: Rollout, now: Instant) {
    this.rollout = rollout;
    this.now = now;
  }

  change(patch: Partial<Rollout>): void {
    const keys = Object.keys(patch) as (keyof Rollout)[];
    const differs = keys.some((key) => !same(patch[key], this.rollout[key]));
    if (differs) this.rollout = { ...this.rollout, ...patch, updatedAt: this.now };
  }

  changeStep(index: number, patch: Partial<Pick<StepState, "status" | "startedAt" | "finishedAt">>): void {
    this.change({ steps: this.rollout.steps.map((step, at) => (at === index ? { ...step, ...patch } : step)) });
  }

  emit(type: string, message: string, data: Record<string, unknown> = {}, alert = false): void {
    this.events.push({ type, message, alert, data });
  }

  /** Moves to another phase. Throws `internal` on a move that the table of transitions does not have. */
  enter(phase: Phase, reason: string | null = null): void {
    const from = this.rollout.phase;
    if (!TRANSITIONS[from].includes(phase)) throw new SluiceError("internal", `no transition from ${from} to ${phase}`);
    const ended = isTerminal(phase);
    this.change({
      phase,
      phaseStartedAt: this.now,
      pausedMs: 0,
      unavailableSince: null,
      refusedSince: null,
      noDataSince: null,
      reason: reason ?? this.rollout.reason,
      ...(ended ? { finishedAt: this.now, pausedAt: null } : {}),
    });
    const message =
      reason === null ? `${words(from)} → ${words(phase)}` : `${words(from)} → ${words(phase)}: ${reason}`;
    this.emit("rollout.phase.changed", message, { from, to: phase, reason }, BAD_ENDS.includes(phase));
  }

  /**
   * Turns back. Steps that did not finish are skipped, a pause ends. Before anything was started for the candidate
   * there is nothing to return from, and the rollout ends at once.
   */
  giveUp(outcome: NonNullable<Rollout["returningTo"]>, { trigger, reason, alert = false }: Giving): void {
    const steps = this.rollout.steps.map((step): StepState => {
      if (step.status === "done" || step.status === "skipped") return step;
      return { ...step, status: "skipped", finishedAt: step.status === "running" ? this.now : null };
    });
    this.change({ steps, pausedAt: null, heldWeight: null, trigger });
    if (TRANSITIONS[this.rollout.phase].includes("rolling_back")) {
      this.change({ returningTo: outcome });
      if (alert) this.emit("rollout.return.started", reason, { outcome, trigger }, true);
      this.enter("rolling_back", reason);
    } else {
      this.enter(outcome, reason);
    }
  }
}

const words = (phase: Phase): string => phase.replaceAll("_", " ");
