import { type Instant, seconds } from "../time.ts";
import type { ScheduleSpec } from "./schedule.schema.ts";
import { nextTick, type Timing, ticksBetween } from "./ticks.ts";

/** What is to be done about a schedule at one moment. */
export interface Due {
  /** The time whose run begins now, and for how many missed ones it stands besides; null: none begins. */
  run: { tick: Instant; standsFor: number } | null;
  /** Times whose deadline passed before anybody looked, and that nothing makes up for. */
  missed: { first: Instant; last: Instant; count: number } | null;
  /** The first time that is still to be looked at; it may have come already. Null: there is none. */
  next: Instant | null;
}

export type DueTerms = Timing & Pick<ScheduleSpec, "startingDeadlineSeconds" | "missedRuns">;

/** Missed times are counted up to here: a schedule of every minute misses half a million in a year. */
const MOST_COUNTED = 1_000;

/**
 * Looks at the times from `next` until now. The oldest one within its deadline runs; ask again for those after it, so that
 * each has its one run. Those before it are missed, unless `run-once` lets the newest of them stand for all.
 *
 * @param next the first time that nobody has looked at yet
 */
export function dueAt(terms: DueTerms, next: Instant, now: Instant): Due {
  if (next > now) return { run: null, missed: null, next };
  const deadline = now - seconds(terms.startingDeadlineSeconds);
  const missed = ticksBetween(terms, { first: next, end: deadline, most: MOST_COUNTED });
  const timely = missed === null ? next : nextTick(terms, missed.last);
  if (timely !== null && timely <= now) {
    return { run: { tick: timely, standsFor: 0 }, missed, next: nextTick(terms, timely) };
  }
  if (missed === null || terms.missedRuns === "skip") return { run: null, missed, next: timely };
  return { run: { tick: missed.last, standsFor: missed.count - 1 }, missed: null, next: timely };
}
