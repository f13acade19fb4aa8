import { Cron } from "croner";
import type { Instant } from "../time.ts";
import type { FreezeWindow } from "./environment.schema.ts";

/**
 * Windows that follow on each other are joined so often and no more: a schedule of every minute is frozen for ever, and
 * has no end to be found.
 */
const MOST_JOINS = 100;

/**
 * The moment until which something is frozen at least, seen from `now`; null when no window is open. Windows that
 * follow on each other without a gap count as one, up to a hundred of them: ask again then.
 */
export function frozenUntil(windows: readonly FreezeWindow[], now: Instant): Instant | null {
  const closings = windows.map(closingTimes);
  let end = now;
  for (let joins = 0; joins < MOST_JOINS; joins += 1) {
    const next = Math.max(end, ...closings.map((closing) => closing(end) ?? end));
    if (next === end) break;
    end = next;
  }
  return end > now ? end : null;
}

/** When the window that is open at a moment closes, or null. Of those that overlap, the last to close. */
function closingTimes(window: FreezeWindow): (moment: Instant) => Instant | null {
  const length = window.durationMinutes * 60_000;
  const cron = new Cron(window.schedule, { timezone: window.timezone, paused: true });
  return (moment) => {
    // Whole seconds strictly before the reference; the moment itself may be an opening too.
    const runs = cron.previousRuns(2, new Date(moment + 1_000));
    const opened = runs.find((run) => run.getTime() <= moment)?.getTime();
    return opened !== undefined && moment < opened + length ? opened + length : null;
  };
}
