import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addMonths, dateAt, monthAt, movedBy, nameOfMonth, parseMonth, weeksOf } from "./calendar.ts";

const HOUR = 3_600_000;
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Havana",
  "Africa/Cairo",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

const day = (month: string, date: string, zone: string) => {
  const found = weeksOf(parseMonth(month) ?? { year: 1970, month: 1 }, zone)
    .flat()
    .find((one) => one.date === date);
  if (found === undefined) throw new Error(`${date} is not in ${month}`);
  return { ...found, hours: (found.to - found.from) / HOUR, begins: new Date(found.from).toISOString() };
};

describe("the days of a month", () => {
  test("stand in six weeks from Monday on, with those of the months beside it", () => {
    const weeks = weeksOf({ year: 2026, month: 11 }, "UTC");
    expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(weeks[0]?.[0]).toMatchObject({ date: "2026-10-26", day: 26, inMonth: false });
    expect(weeks[0]?.[6]).toMatchObject({ date: "2026-11-01", day: 1, inMonth: true });
    expect(weeks[5]?.[6]?.date).toBe("2026-12-06");
  });

  test("are an hour shorter and longer when clocks change", () => {
    expect(day("2026-03", "2026-03-29", "Europe/Berlin")).toMatchObject({
      hours: 23,
      begins: "2026-03-28T23:00:00.000Z",
    });
    expect(day("2026-10", "2026-10-25", "Europe/Berlin")).toMatchObject({
      hours: 25,
      begins: "2026-10-24T22:00:00.000Z",
    });
    expect(day("2026-10", "2026-10-04", "Australia/Lord_Howe").hours).toBe(23.5);
  });

  test("begin at the jump where there is no midnight, and at the first where there are two", () => {
    expect(day("2026-04", "2026-04-24", "Africa/Cairo")).toMatchObject({
      hours: 23,
      begins: "2026-04-23T22:00:00.000Z",
    });
    expect(day("2026-11", "2026-11-01", "America/Havana")).toMatchObject({
      hours: 25,
      begins: "2026-11-01T04:00:00.000Z",
    });
  });

  test("have no length where a zone left one out", () => {
    expect(day("2011-12", "2011-12-30", "Pacific/Apia").hours).toBe(0);
  });

  test("follow on each other without gap or overlap, and hold the moments that have their date", () => {
    const zone = fc.constantFrom(...ZONES);
    const month = fc.record({ year: fc.integer({ min: 1995, max: 2060 }), month: fc.integer({ min: 1, max: 12 }) });
    fc.assert(
      fc.property(zone, month, (where, of) => {
        const days = weeksOf(of, where).flat();
        for (const [index, { date, from, to }] of days.entries()) {
          if (index > 0) expect(from).toBe(days[index - 1]?.to);
          if (to > from) expect([dateAt(from, where), dateAt(to - 1, where)]).toEqual([date, date]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a month", () => {
  test("is the one that clocks of the zone show", () => {
    const moment = Date.parse("2026-11-30T23:30:00Z");
    expect([monthAt(moment, "UTC"), monthAt(moment, "Europe/Berlin")]).toEqual([
      { year: 2026, month: 11 },
      { year: 2026, month: 12 },
    ]);
  });

  test("is followed by the next, over years", () => {
    expect(addMonths({ year: 2026, month: 12 }, 1)).toEqual({ year: 2027, month: 1 });
    expect(addMonths({ year: 2026, month: 1 }, -1)).toEqual({ year: 2025, month: 12 });
  });

  test("has a name that is read back, and nothing else is", () => {
    expect(parseMonth(nameOfMonth({ year: 2026, month: 3 }))).toEqual({ year: 2026, month: 3 });
    expect(["2026-13", "2026-3", "x", "", "2026-03-01"].map(parseMonth)).toEqual([null, null, null, null, null]);
  });
});

describe("a key on a day", () => {
  const from = (date: string, ...keys: string[]) => keys.map((key) => movedBy(date, key));

  test("leads to the days beside it, over the ends of months and years", () => {
    expect(from("2026-11-30", "ArrowRight", "ArrowDown", "Home", "End")).toEqual([
      "2026-12-01",
      "2026-12-07",
      "2026-11-30",
      "2026-12-06",
    ]);
    expect(from("2027-01-01", "ArrowLeft", "ArrowUp")).toEqual(["2026-12-31", "2026-12-25"]);
  });

  test("leads to the same day of the months beside it, or their last", () => {
    expect(from("2026-03-31", "PageUp", "PageDown")).toEqual(["2026-02-28", "2026-04-30"]);
    expect(from("2026-12-24", "PageDown", "x")).toEqual(["2027-01-24", null]);
  });
});
