import { LATENCY_BINS } from "@sluice/core";
import type { ArmWindow } from "../guard/guard.window.ts";
import type { Arm } from "../route/arm.ts";

/**
 * How a request came to its revision: by a rule, by the weights, or by the weights while a revision with a share could not be
 * reached, so that others got what was its.
 */
export type Chosen = "by_rule" | "by_weight" | "by_default";

/**
 * One attempt as it is measured: begun, its answer's head seen, then ended once, in one of two ways. Only a first attempt
 * that was chosen by weight has a `window`, and only a first attempt can be its revision's error: a request that is sent
 * again is not a second one (ANALYSIS §2.8).
 */
export class Measurement {
  readonly arm: Arm;
  readonly #window: ArmWindow | null;
  readonly #first: boolean;
  #warm: boolean;
  readonly #dealt: boolean;
  readonly #startedAt = performance.now();
  #bin = -1;
  #ended = false;

  /** `warm`: whether the instance has answered often enough for its latency to count. */
  constructor(arm: Arm, first: boolean, chosen: Chosen, warm: boolean) {
    this.arm = arm;
    this.#first = first;
    this.#warm = warm;
    this.#dealt = chosen === "by_weight";
    this.#window = first && chosen !== "by_rule" ? arm.window : null;
    arm.counters.inFlight += 1;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The request waited for a connection to be made beside others that were busy, or was its first. That is a matter of the
   * gateway's own pool, and a revision with little traffic meets it later than the other: it must not speak against it.
   */
  metNewConnection(): void {
    this.#warm = false;
  }

  /** The head of the answer is there: this ends the latency, which is answered in milliseconds. */
  answered(): number {
    const latency = performance.now() - this.#startedAt;
    this.#bin = LATENCY_BINS.binOf(latency);
    this.arm.counters.latency.recordBin(this.#bin, 1);
    this.arm.counters.latencySum += latency;
    return latency;
  }

  /** Ended with a whole answer of this status, or without one (0). */
  completed(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const { counters } = this.arm;
    const failed = status === 0 || status >= 500;
    counters.inFlight -= 1;
    counters.completed(status);
    if (failed && this.#first) counters.errors += 1;
    if (this.#window === null) return;
    this.#window.requests += 1;
    if (!this.#dealt) this.#window.undealt += 1;
    if (failed) this.#window.errors += 1;
    else if (this.#warm) this.#window.latency.recordBin(this.#bin, 1);
    else this.#window.warming += 1;
  }

  /** The caller gave up, or was at fault: says nothing about the revision. */
  aborted(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.arm.counters.inFlight -= 1;
    this.arm.counters.aborted += 1;
  }
}
