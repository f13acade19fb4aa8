/** Work may take this part of the process's time, so that what it is done for is not slowed down by it … */
const SHARE = 0.1;
/** … and so much at once (ms) after a quiet time. */
const MOST_MS = 200;

/** How much of the event loop's time optional work may still take. Times in milliseconds of a clock that never goes back. */
export class TimeAllowance {
  #left = MOST_MS;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Whether there is any time left. */
  has(now: number): boolean {
    this.#left = Math.min(MOST_MS, this.#left + SHARE * Math.max(0, now - this.#at));
    this.#at = now;
    return this.#left > 0;
  }

  spend(ms: number): void {
    this.#left -= ms;
  }
}
