import { describe, expect, test } from "vitest";
import { weeksOf } from "./calendar.ts";
import { type FreezeWindow, frozenOn, nextSpan, openSpans, type Span } from "./freeze.ts";

const HOUR = 3_600_000;
/** Fridays at five in the afternoon, to Monday at eight. */
const weekend: FreezeWindow = { schedule: "0 17 * * 5", durationMinutes: 63 * 60, timezone: "Europe/Berlin" };

const at = (time: string): number => Date.parse(time);
const iso = (spans: readonly Span[] | null): string[] | undefined =>
  spans?.map(({ from, to }) => `${new Date(from).toISOString()} ${new Date(to).toISOString()}`);

describe("a freeze window", () => {
  test("is open from each of its moments on, by the clocks of its own zone, as long as it says", () => {
    const march = { from: at("2026-03-20T00:00:00Z"), to: at("2026-04-04T00:00:00Z") };
    expect(iso(openSpans(weekend, march))).toEqual([
      "2026-03-20T16:00:00.000Z 2026-03-23T07:00:00.000Z",
      // Clocks go forward in between: 63 hours stay 63 hours.
      "2026-03-27T16:00:00.000Z 2026-03-30T07:00:00.000Z",
      "2026-04-03T15:00:00.000Z 2026-04-06T06:00:00.000Z",
    ]);
  });

  test("that opened before the time that is asked about counts while it is open", () => {
    const saturday = { from: at("2026-11-21T12:00:00Z"), to: at("2026-11-21T13:00:00Z") };
    expect(iso(openSpans(weekend, saturday))).toEqual(["2026-11-20T16:00:00.000Z 2026-11-23T07:00:00.000Z"]);
  });

  test("that opens again before it has closed is one span", () => {
    const daily: FreezeWindow = { schedule: "0 0 * * *", durationMinutes: 1_440, timezone: "UTC" };
    expect(iso(openSpans(daily, { from: at("2026-11-01T00:00:00Z"), to: at("2026-11-03T00:00:00Z") }))).toEqual([
      "2026-11-01T00:00:00.000Z 2026-11-03T00:00:00.000Z",
    ]);
  });

  test("that opens all the time, or never, or says nothing that can be read, is not drawn", () => {
    const month = { from: at("2026-11-01T00:00:00Z"), to: at("2026-12-01T00:00:00Z") };
    expect(openSpans({ schedule: "* * * * *", durationMinutes: 1, timezone: "UTC" }, month)).toBeNull();
    expect(openSpans({ schedule: "99 99 * * *", durationMinutes: 1, timezone: "UTC" }, month)).toBeNull();
    expect(openSpans({ schedule: "0 0 30 2 *", durationMinutes: 1, timezone: "UTC" }, month)).toEqual([]);
  });

  test("says when it is open next, up to a year ahead", () => {
    const now = at("2026-11-22T04:00:00Z");
    expect(iso([nextSpan(weekend, now) ?? { from: 0, to: 0 }])).toEqual([
      "2026-11-20T16:00:00.000Z 2026-11-23T07:00:00.000Z",
    ]);
    const yearly: FreezeWindow = { schedule: "0 0 20 11 *", durationMinutes: 60, timezone: "UTC" };
    expect(nextSpan(yearly, now)?.from).toBe(at("2027-11-20T00:00:00Z"));
    expect(nextSpan({ ...yearly, schedule: "0 0 30 2 *" }, now)).toBeNull();
  });
});

describe("a day of the calendar", () => {
  const days = weeksOf({ year: 2026, month: 10 }, "Europe/Berlin").flat();
  const spans = openSpans(weekend, { from: days[0]?.from ?? 0, to: days.at(-1)?.to ?? 0 }) ?? [];
  const on = (date: string) => {
    const day = days.find((one) => one.date === date);
    if (day === undefined) throw new Error(`${date} is not there`);
    const { parts, whole } = frozenOn(day, spans);
    return { hours: parts.map(({ from, to }) => [(from - day.from) / HOUR, (to - day.from) / HOUR]), whole };
  };

  test("has the part of each span that is on it", () => {
    expect(on("2026-10-23")).toEqual({ hours: [[17, 24]], whole: false });
    expect(on("2026-10-24")).toEqual({ hours: [[0, 24]], whole: true });
    expect(on("2026-10-26")).toEqual({ hours: [[0, 7]], whole: false });
    expect(on("2026-10-27")).toEqual({ hours: [], whole: false });
  });

  test("is frozen as a whole for all the 25 hours that it has", () => {
    expect(on("2026-10-25")).toEqual({ hours: [[0, 25]], whole: true });
  });
});
