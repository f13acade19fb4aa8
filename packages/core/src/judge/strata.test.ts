import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PeriodCounts } from "../analysis/guard.types.ts";
import { arm } from "../analysis/traffic.testing.ts";
import { CountingGateway, countsOf } from "./judge.testing.ts";
import { Strata, type Taken } from "./strata.ts";

const TENTH = 1_000;
const served = ({ arrived }: Taken) =>
  arrived.reduce((sum, { arms }) => sum + arms.candidate.requests + arms.stable.requests, 0);

describe("what gateways count", () => {
  test("is taken as differences, so that looking again counts nothing twice", () => {
    const gateway = new CountingGateway();
    const strata = new Strata();
    gateway.serve({ weight: TENTH, candidate: arm(1, 1), stable: arm(9, 0) });
    expect(served(strata.take(countsOf(gateway), "rol_1"))).toBe(10);
    expect(served(strata.take(countsOf(gateway), "rol_1"))).toBe(0);
    gateway.serve({ weight: TENTH, candidate: arm(0, 0), stable: arm(5, 0) });
    expect(served(strata.take(countsOf(gateway), "rol_1"))).toBe(5);
  });

  test("adds up to everything, whenever one looks and restarts", () => {
    const tick = fc.record({
      weight: fc.constantFrom(0, 500, TENTH, 5_000, 10_000),
      candidate: fc.nat(5),
      stable: fc.nat(20),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 40 }), (ticks) => {
        const gateway = new CountingGateway();
        let strata = new Strata();
        let [sent, seen] = [0, 0];
        for (const { weight, candidate, stable, restart } of ticks) {
          gateway.serve({ weight, candidate: arm(candidate, 0), stable: arm(stable, 0) });
          sent += candidate + stable;
          seen += served(strata.take(countsOf(gateway), "rol_1"));
          if (restart) strata = new Strata(JSON.parse(JSON.stringify(strata.state())));
        }
        expect(seen).toBe(sent);
      }),
    );
  });

  // edge case 45
  test("is left out when it is of another attempt, and what went back is never subtracted", () => {
    const gateway = new CountingGateway();
    const strata = new Strata();
    gateway.serve({ weight: TENTH, candidate: arm(10, 10), stable: arm(90, 0) });
    const earlier = countsOf(gateway).map((entry) => ({ ...entry, counts: { ...entry.counts, hypothesis: "rol_0" } }));
    expect(served(strata.take(earlier, "rol_1"))).toBe(0);
    expect(served(strata.take(countsOf(gateway), "rol_1"))).toBe(100);
    const [now] = countsOf(gateway);
    if (now === undefined) throw new Error("no counts");
    const lost: PeriodCounts = { ...now.counts, stable: { requests: 40, errors: 0, warming: 0, latency: [[10, 40]] } };
    const taken = strata.take([{ gateway: now.gateway, counts: lost }], "rol_1");
    expect([served(taken), taken.dropped]).toEqual([0, 1]);
    gateway.turn();
    gateway.serve({ weight: TENTH, candidate: arm(1, 0), stable: arm(3, 0) });
    expect(served(strata.take(countsOf(gateway), "rol_1"))).toBe(4);
    expect(served(strata.take([now], "rol_1"))).toBe(0);
  });

  test("is batched for each gateway alone, and no batch mixes two weights", () => {
    const [left, right] = [new CountingGateway("left"), new CountingGateway("right")];
    const strata = new Strata();
    left.serve({ weight: TENTH, candidate: arm(0, 0), stable: arm(9, 0) });
    right.serve({ weight: TENTH, candidate: arm(1, 1), stable: arm(0, 0) });
    expect(strata.take(countsOf(left, right), "rol_1").batches).toEqual([]);
    left.serve({ weight: 5_000, candidate: arm(1, 0), stable: arm(0, 0) });
    expect(strata.take(countsOf(left), "rol_1").batches).toEqual([]);
    left.serve({ weight: 5_000, candidate: arm(0, 0), stable: arm(1, 0) });
    const { batches } = strata.take(countsOf(left), "rol_1");
    expect(batches.map(({ candidate, stable }) => [candidate.requests, stable.requests])).toEqual([[1, 1]]);
  });

  // edge case 26
  test.each([
    ["a bin that does not exist", { latency: [[999, 1]] }],
    ["a count that is no number", { requests: Number.NaN }],
    ["more errors than requests", { errors: 50 }],
  ])("is dropped with %s, and counted as dropped", (_, changes) => {
    const gateway = new CountingGateway();
    gateway.serve({ weight: TENTH, candidate: arm(1, 0), stable: arm(9, 0) });
    const counts = gateway.counts();
    const bad = { ...counts, stable: { ...counts.stable, ...changes } } as PeriodCounts;
    const taken = new Strata().take([{ gateway: "gateway", counts: bad }], "rol_1");
    expect([taken.dropped, taken.arrived, taken.batches]).toEqual([1, [], []]);
  });
});
