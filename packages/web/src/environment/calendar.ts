/** Days of the calendar in one time zone: as long as they are there, 23 and 25 hours included. */

const DAY_MS = 86_400_000;
/** A month touches at most so many weeks; a grid that is always as tall moves nothing below it. */
const WEEKS = 6;

/** A month of the calendar; months count from 1. */
export interface Month {
  year: number;
  month: number;
}

export interface CalendarDay {
  /** `2026-11-22` */
  date: string;
  day: number;
  inMonth: boolean;
  /** Milliseconds since 1970; the end is the start of the next day. */
  from: number;
  to: number;
}

/** The weeks that a month touches, six of them, each from Monday on. */
export function weeksOf({ year, month }: Month, zone: string): CalendarDay[][] {
  const weekday = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const dates = Array.from(
    { length: WEEKS * 7 + 1 },
    (_, index) => new Date(Date.UTC(year, month - 1, 1 - weekday + index)),
  );
  const starts = dates.map((date) => startOfDay(date, zone));
  const days = dates.slice(0, -1).map((date, index) => ({
    date: isoDate(date.getTime()),
    day: date.getUTCDate(),
    inMonth: date.getUTCMonth() === month - 1,
    from: starts[index] ?? 0,
    to: starts[index + 1] ?? 0,
  }));
  return Array.from({ length: WEEKS }, (_, week) => days.slice(week * 7, week * 7 + 7));
}

/** The month that a moment is in. */
export function monthAt(moment: number, zone: string): Month {
  const [year = 1970, month = 1] = dateAt(moment, zone).split("-").map(Number);
  return { year, month };
}

export const addMonths = ({ year, month }: Month, months: number): Month => {
  const index = year * 12 + month - 1 + months;
  return { year: Math.floor(index / 12), month: (index % 12) + 1 };
};

/** `2026-11` */
export const nameOfMonth = ({ year, month }: Month): string => `${year}-${String(month).padStart(2, "0")}`;

/** What `nameOfMonth` writes; null for anything else. */
export function parseMonth(text: string): Month | null {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  return year === undefined || month === undefined ? null : { year: Number(year), month: Number(month) };
}

/** The date that a clock of the zone shows: `2026-11-22`. */
export const dateAt = (moment: number, zone: string): string => isoDate(wallAt(moment, zone));

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** Where a key leads to from a date: a day, a week, the ends of the week, a month; null for any other key. */
export function movedBy(date: string, key: string): string | null {
  const at = new Date(`${date}T00:00:00Z`);
  const weekday = (at.getUTCDay() + 6) % 7;
  if (key === "PageUp" || key === "PageDown") {
    const { year, month } = addMonths(monthAt(at.getTime(), "UTC"), key === "PageUp" ? -1 : 1);
    const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
    return isoDate(Date.UTC(year, month - 1, Math.min(at.getUTCDate(), last)));
  }
  const days = key === "Home" ? -weekday : key === "End" ? 6 - weekday : STEPS[key];
  return days === undefined ? null : isoDate(at.getTime() + days * DAY_MS);
}

const isoDate = (utc: number): string => new Date(utc).toISOString().slice(0, 10);

/**
 * The first moment of a date. Where clocks jump over midnight, it is the jump; where they show it twice, the first time.
 * Of the two offsets around the day, one or both lead to it.
 */
function startOfDay(date: Date, zone: string): number {
  const wall = date.getTime();
  const wanted = isoDate(wall);
  const candidates = [wall - DAY_MS, wall + DAY_MS].map((around) => wall - (wallAt(around, zone) - around));
  const fitting = candidates.filter((moment) => dateAt(moment, zone) === wanted);
  // A date that a zone has left out, as Samoa its 30 December 2011, begins and ends where it would have been.
  return fitting.length > 0 ? Math.min(...fitting) : Math.max(...candidates);
}

/** What a clock of the zone shows, as if it were in UTC. Milliseconds. */
function wallAt(moment: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const number = "numeric";
  const made = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    ...{ timeZone, hourCycle: "h23", year: number, month: number, day: number },
    ...{ hour: number, minute: number, second: number },
  });
  formats.set(timeZone, made);
  return made;
}
