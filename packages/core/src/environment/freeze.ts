import { Cron } from "croner";
import type { Instant } from "../time.ts";
import type { FreezeWindow } from "./environment.schema.ts";

/**
 * The moment at which nothing is frozen any more, seen from `now`; null when no window is open.
 * Windows that follow on each other without a gap count as one.
 */
export function frozenUntil(windows: readonly FreezeWindow[], now: Instant): Instant | null {
  let end = now;
  for (let joined = true; joined; ) {
    joined = false;
    for (const window of windows) {
      const closes = closingTime(window, end);
      if (closes !== null && closes > end) {
        end = closes;
        joined = true;
      }
    }
  }
  return end > now ? end : null;
}

/** When the window that is open at `moment` closes, or null. */
function closingTime(window: FreezeWindow, moment: Instant): Instant | null {
  const length = window.durationMinutes * 60_000;
  const cron = new Cron(window.schedule, { timezone: window.timezone, paused: true });
  const opened = cron.nextRun(new Date(moment - length));
  return opened !== null && opened.getTime() <= moment ? opened.getTime() + length : null;
}
