import { describe, expect, test } from "vitest";
import { bytes, count, evidence, milliseconds, NONE, percent, rate, share } from "./number.ts";
import { ago, span } from "./time.ts";

describe("numbers for people", () => {
  test("keep three digits, and say so where nothing was measured", () => {
    expect([share(0.01234), percent(12.345), milliseconds(12.345), milliseconds(2_345), rate(12.345)]).toEqual([
      "1.23 %",
      "12.3 %",
      "12.3 ms",
      "2.35 s",
      "12.3/s",
    ]);
    expect([share(null), percent(undefined), milliseconds(null), rate(null), evidence(null), bytes(null)]).toEqual(
      Array.from({ length: 6 }, () => NONE),
    );
  });

  test("are whole up to ten thousand, and short from there on", () => {
    expect([count(0), count(9_999), count(12_345), count(2_500_000)]).toEqual(["0", "9,999", "12.3K", "2.5M"]);
  });

  test("tell bytes by the largest unit that is at least one", () => {
    expect([bytes(0), bytes(1023), bytes(1024), bytes(1.5 * 2 ** 30)]).toEqual(["0 B", "1,020 B", "1 KiB", "1.5 GiB"]);
  });

  test("tell evidence as so many times, however much it is", () => {
    expect([evidence(1), evidence(0.8765), evidence(1e12)]).toEqual(["1×", "0.88×", "10^12×"]);
  });

  test("tell evidence never larger than it is", () => {
    expect([evidence(99.95), evidence(1 / 0.006), evidence(1 / 0.004)]).toEqual(["99×", "166×", "250×"]);
  });
});

describe("times for people", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");

  test("are told from now, in the largest unit that is at least one", () => {
    const at = (seconds: number): string => ago(now + seconds * 1_000, now);
    expect([at(-5), at(-61), at(-2 * 3_600), at(90), at(-3 * 86_400)]).toEqual([
      "now",
      "1 min. ago",
      "2 hr. ago",
      "in 1 min.",
      "3 days ago",
    ]);
  });

  test("spans have their two largest units", () => {
    expect([
      span(0),
      span(45_000),
      span(200_000),
      span(7_500_000),
      span(3_600_000),
      span(4 * 86_400_000 + 7_000),
    ]).toEqual(["0 s", "45 s", "3 min 20 s", "2 h 5 min", "1 h", "4 d"]);
  });
});
