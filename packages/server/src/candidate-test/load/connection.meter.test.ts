import fc from "fast-check";
import { expect, test } from "vitest";
import { createLoadMeter } from "./connection.meter.ts";

const LIMIT = 1_000;
const run = { seconds: 1, stoppedEarly: null };

test("answers are told apart by status and time", () => {
  const meter = createLoadMeter(LIMIT);
  const connection = meter.connection();
  for (const [status, ms] of [
    [200, 10],
    [404, 20],
    [200, 1_001],
    [500, 5],
    [503, 2_000],
  ] as const) {
    connection.requested(0);
    connection.headed({ keepAlive: true });
    connection.answered(status, ms);
  }
  expect(meter.figures(5_000, run)).toMatchObject({
    requests: 5,
    succeeded: 2,
    late: 1,
    serverErrors: 2,
    unanswered: 0,
  });
});

test("a request is lost when the next begins before it was answered", () => {
  const meter = createLoadMeter(LIMIT);
  const connection = meter.connection();
  connection.requested(0);
  connection.requested(1);
  connection.answered(200, 2);
  expect(meter.figures(3, run)).toMatchObject({ requests: 2, succeeded: 1, unanswered: 1 });
});

test("a server that closes after every answer loses nothing by it", () => {
  const meter = createLoadMeter(LIMIT);
  const connection = meter.connection();
  connection.requested(0);
  for (let turn = 0; turn < 10; turn++) {
    connection.headed({ keepAlive: false });
    connection.answered(200, turn);
    // Written to the connection that is about to close, and again to a new one.
    connection.requested(turn);
    connection.requested(turn);
  }
  expect(meter.figures(10, run)).toMatchObject({ requests: 10, succeeded: 10, unanswered: 0 });
});

test("at the end only a request that is overdue counts, as late by as much as is known", () => {
  const meter = createLoadMeter(LIMIT);
  meter.connection().requested(0);
  meter.connection().requested(3_500);
  expect(meter.figures(4_000, run)).toMatchObject({ requests: 1, late: 1, connections: 2 });
});

test("every request that has an outcome is counted once, and percentiles are in order", () => {
  const step = fc.record({ status: fc.constantFrom(200, 404, 500, null), ms: fc.integer({ min: 0, max: 3_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const meter = createLoadMeter(LIMIT);
      const connection = meter.connection();
      let now = 0;
      for (const { status, ms } of steps) {
        connection.requested(now);
        now += ms;
        if (status === null) continue;
        connection.headed({ keepAlive: true });
        connection.answered(status, now);
      }
      connection.requested(now);
      const figures = meter.figures(now, run);
      expect(figures.requests).toBe(steps.length);
      expect(figures.succeeded + figures.late + figures.serverErrors + figures.unanswered).toBe(figures.requests);
      expect(figures.unanswered).toBe(steps.filter(({ status }) => status === null).length);
      const { p50 = 0, p95 = 0, p99 = 0 } = figures.latencyMs ?? {};
      expect(p50 <= p95 && p95 <= p99).toBe(true);
    }),
  );
});
