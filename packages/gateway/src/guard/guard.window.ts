import { LogHistogram } from "@sluice/core";

/** What one arm did since the guard's last tick: first attempts, chosen by weight. */
export class ArmWindow {
  requests = 0;
  errors = 0;
  /** Answers of instances that were still warming up. */
  warming = 0;
  /** Requests that came here, or not elsewhere, because a revision could not be reached. */
  undealt = 0;
  /** Of the other requests that were no errors. */
  readonly latency = new LogHistogram();

  clear(): void {
    this.requests = 0;
    this.errors = 0;
    this.warming = 0;
    this.undealt = 0;
    this.latency.clear();
  }
}

/**
 * The windows of both arms over one period, in which weights, pins, mirror and hypothesis stand still. A request keeps
 * the window it began with, so what began in an earlier period is counted where nobody looks: without that, a change
 * of weight would show more of the slow requests of one arm than of the other (ANALYSIS §2.8, completion bias).
 */
export class GuardPeriod {
  readonly stable = new ArmWindow();
  readonly candidate = new ArmWindow();

  get empty(): boolean {
    return this.stable.requests === 0 && this.candidate.requests === 0;
  }

  /**
   * No request of either arm met an instance that was warming up, or a connection that was still to be made. A revision with
   * little traffic meets those later and longer than the other; in such a time one arm's latencies are of other moments than
   * the other's, even when the requests themselves are left out.
   */
  get settled(): boolean {
    return this.stable.warming === 0 && this.candidate.warming === 0;
  }

  clear(): void {
    this.stable.clear();
    this.candidate.clear();
  }
}
