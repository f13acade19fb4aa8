import { Cron } from "croner";
import type { Instant } from "../time.ts";

/** The times of a schedule. All of this is pure: the clock is a parameter. */

export interface Timing {
  schedule: string;
  timezone: string;
}

const FIVE_FIELDS = /^(\S+\s+){4}\S+$/;

/** Whether the text is five cron fields that ever name a time; the 31st of February never comes. */
export function isCron(text: string): boolean {
  if (!FIVE_FIELDS.test(text)) return false;
  try {
    return nextTick({ schedule: text, timezone: "UTC" }, 0) !== null;
  } catch {
    return false;
  }
}

/**
 * The first time after `from`; null when there is none any more. In the hour that a change to summer time leaves out, a
 * time of day that does not exist comes at the end of the gap; in the hour that is repeated it comes once.
 */
export const nextTick = (timing: Timing, from: Instant): Instant | null => after(cronOf(timing), from);

/** The next `count` times after `from`, or as many as there are. */
export const nextTicks = (timing: Timing, from: Instant, count: number): Instant[] =>
  cronOf(timing)
    .nextRuns(count, new Date(from))
    .map((date) => date.getTime());

/** The times from `first`, which is one, until before `end`. Counted up to `most`; `last` is the last one all the same. */
export function ticksBetween(
  timing: Timing,
  { first, end, most }: { first: Instant; end: Instant; most: number },
): { first: Instant; last: Instant; count: number } | null {
  if (first >= end) return null;
  const cron = cronOf(timing);
  let last = first;
  for (let count = 1; count < most; count += 1) {
    const next = after(cron, last);
    if (next === null || next >= end) return { first, last, count };
    last = next;
  }
  const [newest] = cron.previousRuns(1, new Date(end));
  return { first, last: Math.max(last, newest?.getTime() ?? last), count: most };
}

const after = (cron: Cron, from: Instant): Instant | null => cron.nextRun(new Date(from))?.getTime() ?? null;

const cronOf = ({ schedule, timezone }: Timing): Cron => new Cron(schedule, { timezone, paused: true, mode: "5-part" });
