import type { Environment } from "@sluice/client";
import { Cron } from "croner";
import type { CalendarDay } from "./calendar.ts";

export type FreezeWindow = Environment["protection"]["freezeWindows"][number];

/** From and to, in milliseconds since 1970; the end is not in it. */
export interface Span {
  from: number;
  to: number;
}

/** More openings than these between two moments are not worth drawing one by one. */
const MOST_OPENINGS = 500;
const MINUTE_MS = 60_000;
/** How far ahead the next opening is looked for: a year and a day, so that what comes once a year is found. */
const AHEAD_MS = 367 * 86_400_000;

/**
 * When a window is open between two moments, as the server reckons it; what follows on each other is one span. Null: it opens
 * too often to be drawn, or its schedule cannot be read.
 */
export function openSpans({ schedule, durationMinutes, timezone }: FreezeWindow, { from, to }: Span): Span[] | null {
  const length = durationMinutes * MINUTE_MS;
  const openings = openingsAfter(schedule, timezone, from - length - 1, to);
  if (openings === null) return null;
  const spans: Span[] = [];
  for (const opened of openings) {
    const last = spans.at(-1);
    if (last !== undefined && opened <= last.to) last.to = opened + length;
    else if (opened + length > from) spans.push({ from: opened, to: opened + length });
  }
  return spans;
}

/** The window's span that is open at a moment, or else its next one; null: none within a year, or none that can be drawn. */
export function nextSpan(window: FreezeWindow, now: number): Span | null {
  const near = openSpans(window, { from: now, to: now + 32 * 86_400_000 });
  if (near === null) return null;
  return near[0] ?? openSpans(window, { from: now, to: now + AHEAD_MS })?.[0] ?? null;
}

function openingsAfter(schedule: string, timezone: string, after: number, before: number): number[] | null {
  try {
    const cron = new Cron(schedule, { timezone, paused: true });
    const openings: number[] = [];
    for (let run = cron.nextRun(new Date(after)); run !== null && run.getTime() < before; run = cron.nextRun(run)) {
      if (openings.push(run.getTime()) > MOST_OPENINGS) return null;
    }
    return openings;
  } catch {
    return null;
  }
}

/** What of the spans is on a day, and whether that is all of it. */
export function frozenOn({ from, to }: CalendarDay, spans: readonly Span[]): { parts: Span[]; whole: boolean } {
  const parts = spans
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter((part) => part.from < part.to)
    .toSorted((left, right) => left.from - right.from);
  let reached = from;
  for (const part of parts) if (part.from <= reached) reached = Math.max(reached, part.to);
  return { parts, whole: parts.length > 0 && reached >= to };
}
