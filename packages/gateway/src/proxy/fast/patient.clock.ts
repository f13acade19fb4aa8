/** How often deadlines are looked at (ms), which is also how late they may be. */
const TICK_MS = 50;

/** Something that must not take for ever. `deadline` is in the clock's time; infinite when there is none. */
export interface Watched {
  deadline: number;
  /** Called once its deadline has passed, again and again until that changes. */
  expire(): void;
}

/**
 * Deadlines that cost nothing to move, for they are numbers: one timer looks at all of them. The clock's time stands
 * still while the event loop does, as far as can be told, so that a process that was held up blames nobody for it.
 */
export class PatientClock {
  readonly #watched = new Set<Watched>();
  #time = 0;
  #lookedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  /** The deadline `ms` from now: it passes no sooner, and a few ticks later at most while the process runs freely. */
  after(ms: number): number {
    return this.#time + ms + TICK_MS;
  }

  watch(one: Watched): void {
    this.#watched.add(one);
    if (this.#timer !== null) return;
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => this.#look(performance.now()), TICK_MS);
    this.#timer.unref();
  }

  forget(one: Watched): void {
    this.#watched.delete(one);
    if (this.#watched.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(now: number): void {
    this.#time += Math.min(now - this.#lookedAt, 2 * TICK_MS);
    this.#lookedAt = now;
    for (const one of this.#watched) if (one.deadline < this.#time) one.expire();
  }
}

/** The clock of every connection in this process. */
export const patientClock = new PatientClock();
