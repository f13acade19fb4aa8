import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCron, nextTick, nextTicks, ticksBetween } from "./ticks.ts";

const at = (iso: string): number => Date.parse(iso);
const iso = (ticks: readonly number[]): string[] => ticks.map((tick) => new Date(tick).toISOString());

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Sao_Paulo",
];
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2028-12-31T00:00:00Z") });
const daily = fc
  .record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) })
  .map(({ hour, minute }) => ({ hour, minute, schedule: `${minute} ${hour} * * *` }));

/** The wall clock of a zone. */
function wall(timezone: string, tick: number): { day: string; minutes: number } {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  }).formatToParts(tick);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return {
    day: `${part("year")}-${part("month")}-${part("day")}`,
    minutes: Number(part("hour")) * 60 + Number(part("minute")),
  };
}

describe("the times of a schedule", () => {
  test("come in its own time zone, also when the clocks change", () => {
    const nightly = { schedule: "30 3 * * *", timezone: "Europe/Berlin" };
    expect(iso(nextTicks(nightly, at("2026-10-24T00:00:00Z"), 3))).toEqual([
      "2026-10-24T01:30:00.000Z",
      "2026-10-25T02:30:00.000Z",
      "2026-10-26T02:30:00.000Z",
    ]);
  });

  test("that fall into the hour left out come at its end, on that day", () => {
    const early = { schedule: "30 2 * * *", timezone: "Europe/Berlin" };
    expect(iso(nextTicks(early, at("2026-03-28T12:00:00Z"), 2))).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });

  test("that fall into the hour repeated come once, and every half hour goes on through it", () => {
    const zone = { timezone: "Europe/Berlin" };
    expect(iso(nextTicks({ schedule: "30 2 * * *", ...zone }, at("2026-10-25T00:00:00Z"), 2))).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
    expect(iso(nextTicks({ schedule: "*/30 * * * *", ...zone }, at("2026-10-25T00:00:00Z"), 4))).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T01:30:00.000Z",
      "2026-10-25T02:00:00.000Z",
    ]);
  });

  test("of a day come once a day, on every day of every zone", () => {
    fc.assert(
      fc.property(daily, zone, moment, ({ schedule, hour, minute }, timezone, from) => {
        const ticks = nextTicks({ schedule, timezone }, from, 20).map((tick) => wall(timezone, tick));
        const days = ticks.map(({ day }) => day);
        expect(new Set(days).size).toBe(days.length);
        const [first = "", last = ""] = [days.at(0), days.at(-1)];
        expect((at(`${last}T00:00:00Z`) - at(`${first}T00:00:00Z`)) / 86_400_000).toBe(days.length - 1);
        // At the wall's time, or just after it where that does not exist.
        const wanted = hour * 60 + minute;
        for (const { minutes } of ticks)
          expect(minutes === wanted || (minutes > wanted && minutes - wanted <= 60)).toBe(true);
      }),
    );
  });

  test("are after the moment asked about, in order, and whole minutes", () => {
    const schedule = fc.constantFrom(
      "* * * * *",
      "*/7 * * * *",
      "0 */5 * * *",
      "15 10 1 * *",
      "0 9 * * 1-5",
      "0 0 29 2 *",
    );
    fc.assert(
      fc.property(schedule, zone, moment, (schedule, timezone, from) => {
        const timing = { schedule, timezone };
        const ticks = nextTicks(timing, from, 10);
        expect(ticks[0]).toBe(nextTick(timing, from));
        for (const [index, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThan(index === 0 ? from : (ticks[index - 1] ?? Number.POSITIVE_INFINITY));
          expect(tick % 60_000).toBe(0);
        }
      }),
    );
  });

  test("between two moments are counted up to a bound, and the last is known beyond it", () => {
    const timing = { schedule: "* * * * *", timezone: "UTC" };
    const first = at("2026-11-21T10:00:00Z");
    expect(ticksBetween(timing, { first, end: first, most: 10 })).toBeNull();
    expect(ticksBetween(timing, { first, end: first + 150_000, most: 10 })).toEqual({
      first,
      last: first + 120_000,
      count: 3,
    });
    expect(ticksBetween(timing, { first, end: first + 86_400_000, most: 10 })).toEqual({
      first,
      last: first + 86_340_000,
      count: 10,
    });
  });
});

describe("five cron fields", () => {
  test.each(["* * * * *", "0 17 * * 5", "*/5 9-17 * * 1-5", "0 0 1 JAN *", "0 0 29 2 *"])(
    "%s is a schedule",
    (text) => {
      expect(isCron(text)).toBe(true);
    },
  );

  test.each([
    ...[
      "",
      "hourly",
      "@daily",
      "* * * *",
      "* * * * * *",
      "60 * * * *",
      "* 25 * * *",
      "* * 0 * *",
      "a b c d e",
      "*/0 * * * *",
    ],
    "0 0 31 2 *",
    "0 0 30 2 *",
  ])("%s is none", (text) => {
    expect(isCron(text)).toBe(false);
  });

  test("whatever text there is, it is one or it is none", () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => typeof isCron(text) === "boolean"));
    const field = fc.string({ unit: fc.constantFrom(..."0123456789*/-,L#W?"), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(field, { minLength: 5, maxLength: 5 }), (f) => typeof isCron(f.join(" ")) === "boolean"),
    );
  });
});
