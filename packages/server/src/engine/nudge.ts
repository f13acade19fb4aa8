import type { Instant } from "@sluice/core";

/** The database's clock decides what is due: a hair later than ours, so that the nudge does not come too early. */
const MARGIN_MS = 2;
/** What a timer can hold; later moments are left to the polling. */
const FARTHEST_MS = 86_400_000;

export interface Nudger {
  /** Looks for due jobs at that moment. */
  at(moment: Instant): void;
  /** How to look. */
  wakes(nudge: (count: number) => void): void;
  close(): void;
}

/**
 * Timers for jobs that are due in the future: the database rings only for jobs that are due when they are written, and
 * polling often enough for the rest would cost more than all else. Only a hint: the job itself is on disk.
 * One timer a millisecond, however many jobs are due then.
 */
export function createNudger(now: () => Instant): Nudger {
  const due = new Map<Instant, { count: number; timer: NodeJS.Timeout }>();
  let nudge: (count: number) => void = () => undefined;
  let closed = false;
  return {
    at(moment) {
      // Jobs that end while their worker stops still ask for a look, and there is nobody left who could.
      if (closed) return;
      const known = due.get(moment);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      const delay = Math.max(0, moment - now()) + MARGIN_MS;
      if (delay > FARTHEST_MS) return;
      const timer = setTimeout(() => {
        const count = due.get(moment)?.count ?? 0;
        due.delete(moment);
        nudge(count);
      }, delay);
      due.set(moment, { count: 1, timer });
    },
    wakes(next) {
      nudge = next;
    },
    close() {
      closed = true;
      for (const { timer } of due.values()) clearTimeout(timer);
      due.clear();
    },
  };
}
