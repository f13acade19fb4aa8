import fc from "fast-check";
import { expect, test } from "vitest";
import { type LoadFigures, loadVerdict, performanceVerdict } from "./load.verdict.ts";
import { testOptionsSchema } from "./test-options.schema.ts";

const options = (given: object = {}) => testOptionsSchema.parse(given);

const figures = (given: Partial<LoadFigures> = {}): LoadFigures => ({
  seconds: 10,
  connections: 50,
  requests: 1_000,
  succeeded: 1_000,
  serverErrors: 0,
  late: 0,
  unanswered: 0,
  latencyMs: { mean: 12, p50: 10, p95: 50, p99: 90, max: 95 },
  stoppedEarly: null,
  ...given,
});

test("figures within every limit pass, and the sentence names them", () => {
  const { passed, message, metrics } = loadVerdict(figures(), options());
  expect(passed).toBe(true);
  expect(message).toBe(
    "50 concurrent users sent 1000 requests in 10 s: success rate 100 % (at least 95 %), p95 50 ms (at most 2000 ms); any of these beyond its limit would have failed it.",
  );
  expect(metrics).toMatchObject({ requestsPerSecond: 100, successRate: 1, p95Ms: 50 });
});

test.each([
  [{ succeeded: 949, serverErrors: 51 }, /success rate 94.9 % is below 95 % \(51 answered 500 or above\)/],
  [{ succeeded: 940, late: 60 }, /60 too late/],
  [{ latencyMs: { mean: 100, p50: 10, p95: 2_001, p99: 3_000, max: 3_001 } }, /p95 2001 ms is above 2000 ms/],
  [{ succeeded: 940, unanswered: 60 }, /60 not answered\), and p95 without an end is above/],
  [{ requests: 0, succeeded: 0, latencyMs: null }, /no answer at all within 10 s/],
  [{ stoppedEarly: "an answer had more than 16 MiB" }, /ended early: an answer had more than 16 MiB/],
])("%j fails with the reason", (given, reason) => {
  const verdict = loadVerdict(figures(given), options());
  expect(verdict.passed).toBe(false);
  expect(verdict.message).toMatch(reason);
});

test("only the performance test looks at throughput, and quick errors are no performance", () => {
  const wanted = options({ throughputThreshold: 100.5 });
  expect(loadVerdict(figures(), wanted).passed).toBe(true);
  expect(performanceVerdict(figures(), wanted)).toMatchObject({
    passed: false,
    message: expect.stringMatching(/100 requests a second are fewer than 100.5/),
  });
  expect(performanceVerdict(figures({ succeeded: 0, serverErrors: 1_000 }), options()).passed).toBe(false);
});

test("a success rate exactly at its threshold passes", () => {
  expect(loadVerdict(figures({ succeeded: 950, serverErrors: 50 }), options()).passed).toBe(true);
});

test("turning successes into failures never turns a failure into a pass", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.nat(10_000),
      fc.nat(1_000),
      fc.constantFrom("serverErrors", "late", "unanswered"),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (succeeded, errors, more, kind, successRateThreshold) => {
        const wanted = options({ successRateThreshold });
        const before = figures({ requests: succeeded + errors, succeeded, serverErrors: errors });
        const moved = Math.min(more, succeeded);
        const after = { ...before, succeeded: succeeded - moved, [kind]: before[kind] + moved };
        if (!loadVerdict(before, wanted).passed) expect(loadVerdict(after, wanted).passed).toBe(false);
      },
    ),
  );
});
