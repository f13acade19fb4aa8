/** Times and spans as people read them, in the viewer's own zone and language. */

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const preciseTime = new Intl.DateTimeFormat(undefined, {
  ...{ year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" },
  ...{ fractionalSecondDigits: 3, timeZoneName: "short" },
});
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const shortTime = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const wholeMonth = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });
const wholeDay = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const shortDay = new Intl.DateTimeFormat(undefined, { weekday: "short", month: "short", day: "numeric" });

const SPANS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 min. ago`, `in 2 hr.`; within a minute `now`. */
export function ago(at: string | number | Date, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  const [unit, size] = SPANS.find(([, span]) => Math.abs(seconds) >= span) ?? (["second", 60] as const);
  return unit === "second" ? relative.format(0, "second") : relative.format(Math.trunc(seconds / size), unit);
}

/** With date, seconds and zone. */
export const exact = (at: string | number | Date): string => exactTime.format(new Date(at));

/** Time of the day, to the second. */
export const clock = (at: string | number | Date): string => clockTime.format(new Date(at));

/** Time of the day to the second, with the day where that is not `now`'s. */
export function lineTime(at: string, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return isToday ? clock(at) : `${day(at)}, ${clock(at)}`;
}

/** With date, milliseconds and zone. */
export const precise = (at: string): string => preciseTime.format(new Date(at));

export const day = (at: string | number | Date): string => shortDay.format(new Date(at));

/** Time of the day, to the minute. */
export const minute = (at: string | number | Date): string => shortTime.format(new Date(at));

/** Day and time, to the minute: of what is days away. */
export const moment = (at: string | number | Date): string => `${day(at)}, ${minute(at)}`;

/** `November 2026` */
export const month = (at: string | number | Date): string => wholeMonth.format(new Date(at));

/** `Sunday, November 22` */
export const longDay = (at: string | number | Date): string => wholeDay.format(new Date(at));

/** `Sun` */
export const weekday = (at: string | number | Date): string => shortWeekday.format(new Date(at));

/** `Europe/Berlin`: the zone that all of these are told in. */
export const viewersZone = (): string => exactTime.resolvedOptions().timeZone;

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`: the two largest units. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}
