import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dialect } from "./arm.series.ts";
import { CounterLedger, NoCounter, type RawSeries } from "./counter.ledger.ts";

const dialect: Dialect = {
  outcome: ({ status }) => (status === "499" ? "ignored" : status?.startsWith("5") ? "failed" : "fine"),
  msPerUnit: 1,
  timesByOutcome: true,
};

type Samples = RawSeries["samples"];
const counter = (samples: Samples, status = "200", instance = "a"): RawSeries => ({
  ...{ arm: "candidate", what: "requests", samples },
  labels: { __name__: "requests_total", job: "proxy", instance, status },
});
const bucket = (le: string, samples: Samples, status = "200"): RawSeries => ({
  ...{ arm: "candidate", what: "latency", samples },
  labels: { job: "proxy", instance: "a", status, le },
});
const counted = (ledger: CounterLedger, series: RawSeries[], from = 0, until = 1_000_000) => {
  const { requests, failed } = ledger.take(series, from, until).candidate;
  return [requests, failed];
};

describe("counters become counts", () => {
  test("of what came after the first scrape, and nothing twice", () => {
    const ledger = new CounterLedger(dialect);
    expect(
      counted(ledger, [
        counter([
          [10, 100],
          [20, 130],
        ]),
      ]),
    ).toEqual([30, 0]);
    expect(
      counted(ledger, [
        counter([
          [10, 100],
          [20, 130],
          [30, 131],
        ]),
      ]),
    ).toEqual([1, 0]);
    expect(
      counted(ledger, [
        counter([
          [20, 130],
          [30, 131],
        ]),
      ]),
    ).toEqual([0, 0]);
  });

  // edge case 27
  test("up to the last scrape before the look, and from the first one in the period", () => {
    expect(
      counted(
        new CounterLedger(dialect),
        [
          counter([
            [5, 0],
            [10, 100],
            [20, 130],
            [30, 200],
          ]),
        ],
        10,
        20,
      ),
    ).toEqual([30, 0]);
  });

  test("also where a counter began again at zero", () => {
    expect(
      counted(new CounterLedger(dialect), [
        counter([
          [10, 100],
          [20, 130],
          [30, 4],
          [40, 9],
        ]),
      ]),
    ).toEqual([39, 0]);
  });

  test("errors that there were none of count from zero, on a target that was scraped before", () => {
    const series = [
      counter([
        [10, 100],
        [20, 130],
      ]),
      counter([[20, 3]], "503"),
    ];
    expect(counted(new CounterLedger(dialect), series)).toEqual([33, 3]);
  });

  test("a target that is scraped for the first time tells of another time", () => {
    const series = [
      counter([
        [10, 100],
        [20, 130],
      ]),
      counter(
        [
          [20, 7_000],
          [30, 7_001],
        ],
        "503",
        "new",
      ),
    ];
    expect(counted(new CounterLedger(dialect), series)).toEqual([31, 1]);
  });

  test("what the caller gave up is in no count", () => {
    expect(
      counted(new CounterLedger(dialect), [
        counter(
          [
            [10, 0],
            [20, 5],
          ],
          "499",
        ),
      ]),
    ).toEqual([0, 0]);
  });

  // edge case 26
  test.each([
    ["halves", 0.5],
    ["negative numbers", -1],
    ["infinity", Number.POSITIVE_INFINITY],
  ])("of %s nothing is made", (_, value) => {
    const ledger = new CounterLedger(dialect);
    expect(() =>
      counted(ledger, [
        counter([
          [10, 0],
          [20, value],
        ]),
      ]),
    ).toThrow(NoCounter);
    expect(
      counted(ledger, [
        counter([
          [10, 0],
          [20, 1],
        ]),
      ]),
    ).toEqual([1, 0]);
  });

  test("NaN is a sample that is not there", () => {
    expect(
      counted(new CounterLedger(dialect), [
        counter([
          [10, 0],
          [20, Number.NaN],
          [30, 2],
        ]),
      ]),
    ).toEqual([2, 0]);
  });

  test("adds up to the same, however often anybody looks", () => {
    const steps = fc.array(fc.tuple(fc.nat(50), fc.nat(5)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.array(fc.nat(50), { maxLength: 8 }), (growth, looks) => {
        let [fine, failed] = [0, 0];
        const samples = growth.map(([more, worse], index) => {
          fine += more;
          failed += worse;
          return { at: (index + 1) * 10, fine, failed };
        });
        const all = (): RawSeries[] => [
          counter(samples.map((sample) => [sample.at, sample.fine])),
          counter(
            samples.map((sample) => [sample.at, sample.failed]),
            "500",
          ),
        ];
        const ledger = new CounterLedger(dialect);
        const sums = [0, 0];
        for (const until of [...looks.map((look) => look * 10).sort((a, b) => a - b), 10_000]) {
          const [requests = 0, errors = 0] = counted(ledger, all(), 0, until);
          sums[0] = (sums[0] ?? 0) + requests;
          sums[1] = (sums[1] ?? 0) + errors;
        }
        const [first] = samples;
        const [before, worse] = [first?.fine ?? 0, first?.failed ?? 0];
        expect(sums).toEqual([fine + failed - before - worse, failed - worse]);
      }),
    );
  });
});

test("buckets are taken apart, those of failed answers left out where they can be told", () => {
  const grown = new CounterLedger(dialect).take(
    [
      bucket("10", [
        [10, 0],
        [20, 2],
      ]),
      bucket("100", [
        [10, 0],
        [20, 5],
      ]),
      bucket("+Inf", [
        [10, 0],
        [20, 6],
      ]),
      bucket(
        "10",
        [
          [10, 0],
          [20, 50],
        ],
        "500",
      ),
    ],
    0,
    100,
  );
  expect([...grown.candidate.latency]).toEqual([
    [10, 2],
    [100, 3],
    [Number.POSITIVE_INFINITY, 1],
  ]);
});
