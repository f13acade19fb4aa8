import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GuardArrivals } from "./guard.arrivals.ts";
import { createGuard, type Guard, restoreGuard, resumeGuard } from "./guard.ts";
import type { GuardConfig } from "./guard.types.ts";
import { LATENCY_BINS } from "./log-bins.ts";
import { arm, baselineOf, drawTick, guardConfig, HEALTHY, seeded } from "./traffic.testing.ts";

const TENTH = 1_000;

/** One batch at 10 %: a candidate request that fails beside nine of stable's that do not. */
const failing: GuardArrivals = { weight: TENTH, candidate: arm(1, 1), stable: arm(9, 0) };
const healthy: GuardArrivals = { weight: TENTH, candidate: arm(1, 0), stable: arm(9, 0) };

function observeTimes(guard: Guard, arrivals: GuardArrivals, times: number): void {
  for (let tick = 0; tick < times; tick += 1) guard.observe(arrivals, tick);
}

describe("closing", () => {
  const errorsOnly = (alpha: number): GuardConfig =>
    guardConfig({ alpha, metrics: [{ name: "error_rate", share: 1 }] });

  // The first and the third column of the table in ANALYSIS §2.1: weight, batches until the gate closes, candidates and stables per batch.
  it.each([
    [0.01, 100, 2, 1, 99],
    [0.01, 200, 2, 1, 49],
    [0.01, 500, 2, 1, 19],
    [0.01, 1_000, 3, 1, 9],
    [0.01, 2_500, 5, 1, 3],
    [0.01, 5_000, 9, 1, 1],
    [0.001, 100, 2, 1, 99],
    [0.001, 200, 3, 1, 49],
    [0.001, 500, 3, 1, 19],
    [0.001, 1_000, 4, 1, 9],
    [0.001, 2_500, 6, 1, 3],
    [0.001, 5_000, 12, 1, 1],
  ])(
    "at α = %d and a weight of %d closes after exactly %d failed batches",
    (alpha, weight, batches, candidates, stables) => {
      const guard = createGuard(errorsOnly(alpha));
      const tick = { weight, candidate: arm(candidates, candidates), stable: arm(stables, 0) };
      observeTimes(guard, tick, batches - 1);
      expect(guard.verdict).toBe("continue");
      expect(guard.observe(tick, 0)).toBe("close");
    },
  );

  it("needs three failed requests at 10 % with both metrics and 0.4 of a rate of 1 %", () => {
    const guard = createGuard(guardConfig(), baselineOf(HEALTHY, 1_000, seeded(1)));
    observeTimes(guard, failing, 2);
    expect(guard.verdict).toBe("continue");
    expect(guard.observe(failing, 77)).toBe("close");
    expect(guard.report().closed).toMatchObject({ at: 77, metric: "error_rate" });
  });

  it("closes after a median of at most 4 failed requests and never more than 10, in 500 runs with random arrivals", () => {
    const failures: number[] = [];
    for (let run = 0; run < 500; run += 1) {
      const random = seeded(run);
      const guard = createGuard(guardConfig(), baselineOf(HEALTHY, 1_000, random));
      const behaviour = { candidate: { ...HEALTHY, errorRate: 1 }, stable: HEALTHY };
      for (let tick = 0; guard.verdict === "continue"; tick += 1) {
        guard.observe(drawTick(random, 4, TENTH, behaviour), tick);
      }
      failures.push(guard.report().errors.candidate);
    }
    failures.sort((left, right) => left - right);
    expect(failures[250]).toBeLessThanOrEqual(4);
    expect(failures.at(-1)).toBeLessThanOrEqual(10);
  });

  it("says what was seen, against what, with how many samples, and how strong the evidence is", () => {
    const guard = createGuard(errorsOnly(0.004));
    guard.observe({ ...failing, stable: arm(9, 1) }, 1);
    observeTimes(guard, failing, 4);
    expect(guard.report().closed?.reason).toMatch(
      /^error rate: 4 of 4 requests failed on revision 2 against 1 of 36 on revision 1 \(evidence \d+×, bound 250×\); with about 3 failed requests of the candidate it would have stayed open$/,
    );
  });

  it("stays closed whatever comes later, and keeps its reason", () => {
    const batch = fc.record({
      weight: fc.constantFrom(0, TENTH, 5_000, 10_000),
      candidate: fc.constantFrom(arm(0, 0), arm(20, 0), arm(5, 5)),
      stable: fc.constantFrom(arm(0, 0), arm(20, 0), arm(20, 20)),
    });
    fc.assert(
      fc.property(fc.array(batch), (batches) => {
        const guard = createGuard(guardConfig());
        observeTimes(guard, failing, 5);
        const { closed } = guard.report();
        expect(closed).not.toBeNull();
        for (const arrivals of batches) expect(guard.observe(arrivals, 99)).toBe("close");
        expect(guard.report().closed).toEqual(closed);
      }),
    );
  });

  it("reports the crossing but leaves the gate alone when it may not close it", () => {
    const guard = createGuard(guardConfig({ closes: false }));
    observeTimes(guard, failing, 5);
    expect(guard.verdict).toBe("continue");
    expect(guard.report().closed).not.toBeNull();
  });

  it("names latency when the candidate answers everything, but late", () => {
    const guard = createGuard(guardConfig(), baselineOf(HEALTHY, 1_000, seeded(3)));
    const behaviour = { candidate: { ...HEALTHY, medianMs: 100 }, stable: HEALTHY };
    const random = seeded(4);
    for (let tick = 0; tick < 200 && guard.verdict === "continue"; tick += 1) {
      guard.observe(drawTick(random, 10, TENTH, behaviour), tick);
    }
    const { closed, samples, metrics } = guard.report();
    expect(closed?.metric).toBe("latency");
    expect(closed?.reason).toMatch(
      /^latency: \d+ of \d+ requests took longer than [\d.]+ ms or failed on revision 2 against/,
    );
    expect(samples.candidate).toBeLessThan(40);
    const latency = metrics.find(({ name }) => name === "latency");
    expect(latency?.candidate).toBeGreaterThan(latency?.stable ?? Number.POSITIVE_INFINITY);
  });

  it("notices a slow candidate without knowing stable's latency beforehand", () => {
    const guard = createGuard(guardConfig());
    const behaviour = { candidate: { ...HEALTHY, medianMs: 60 }, stable: HEALTHY };
    const random = seeded(5);
    for (let tick = 0; tick < 400 && guard.verdict === "continue"; tick += 1) {
      guard.observe(drawTick(random, 10, TENTH, behaviour), tick);
    }
    expect(guard.report().closed?.metric).toBe("latency");
  });

  it("lets a candidate be slower within its tolerance and no further", () => {
    const tolerant = guardConfig({ metrics: [{ name: "latency", share: 1, tolerance: 0.5 }] });
    const closedWith = (medianMs: number): boolean => {
      const random = seeded(6);
      const guard = createGuard(tolerant, baselineOf(HEALTHY, 1_000, random));
      for (let tick = 0; tick < 300; tick += 1) {
        guard.observe(drawTick(random, 20, 5_000, { candidate: { ...HEALTHY, medianMs }, stable: HEALTHY }), tick);
      }
      return guard.verdict === "close";
    };
    expect([20, 28, 60].map(closedWith)).toEqual([false, false, true]);
  });

  it("forgives milliseconds that nobody notices, and no more of them", () => {
    const closedWith = (toleranceMs: number, medianMs: number): boolean => {
      const random = seeded(7);
      const stable = { ...HEALTHY, medianMs: 1 };
      const config = guardConfig({ metrics: [{ name: "latency", share: 1, toleranceMs }] });
      const guard = createGuard(config, baselineOf(stable, 1_000, random));
      for (let tick = 0; tick < 300; tick += 1) {
        guard.observe(drawTick(random, 20, 5_000, { candidate: { ...HEALTHY, medianMs }, stable }), tick);
      }
      return guard.verdict === "close";
    };
    expect(closedWith(0, 2)).toBe(true);
    expect(closedWith(5, 2)).toBe(false);
    expect(closedWith(5, 20)).toBe(true);
  });

  it("judges no latency by the first answers of an instance, and counts its errors from the first one", () => {
    const config = guardConfig({ metrics: [{ name: "latency", share: 1 }] });
    const cold = { requests: 50, errors: 0, warming: 50, latency: [] };
    const guard = createGuard(config, baselineOf(HEALTHY, 1_000, seeded(8)));
    guard.observe({ weight: TENTH, candidate: cold, stable: arm(450, 0) }, 0);
    expect(guard.report().logEvidence).toBeCloseTo(0, 12);
    const errors = createGuard(guardConfig({ metrics: [{ name: "error_rate", share: 1 }] }));
    errors.observe({ weight: TENTH, candidate: { ...cold, errors: 40, warming: 10 }, stable: arm(450, 0) }, 0);
    expect(errors.verdict).toBe("close");
  });
});

describe("what is no evidence", () => {
  // edge case 24
  it("leaves the evidence as it is while the candidate gets no traffic: neither success nor failure", () => {
    const guard = createGuard(guardConfig());
    observeTimes(guard, failing, 2);
    const before = guard.report();
    observeTimes(guard, { weight: TENTH, candidate: arm(0, 0), stable: arm(500, 20) }, 100);
    const after = guard.report();
    expect(after.logEvidence).toBe(before.logEvidence);
    expect(after.metrics.map(({ logEvidence }) => logEvidence)).toEqual(
      before.metrics.map(({ logEvidence }) => logEvidence),
    );
    expect(after.closed).toBeNull();
    expect(after.samples).toEqual({ candidate: 2, stable: 50_018 });
  });

  it.each([0, 10_000])("compares nothing at a weight of %d", (weight) => {
    const guard = createGuard(guardConfig());
    observeTimes(guard, { weight, candidate: arm(50, 50), stable: arm(50, 0) }, 10);
    expect(guard.report()).toMatchObject({ logEvidence: 0, closed: null, samples: { candidate: 500, stable: 500 } });
  });

  // edge case 32
  it("does not hold stable's failures against the candidate, nor an outage of both", () => {
    const stableFails = createGuard(guardConfig());
    observeTimes(stableFails, { weight: TENTH, candidate: arm(2, 0), stable: arm(18, 18) }, 50);
    expect(stableFails.report().logEvidence).toBeLessThan(0);
    const bothFail = createGuard(guardConfig());
    observeTimes(bothFail, { weight: TENTH, candidate: arm(2, 2), stable: arm(18, 18) }, 50);
    expect(bothFail.report().logEvidence).toBe(0);
  });

  // edge case 26
  it.each([
    ["a NaN", { ...failing, candidate: { ...arm(1, 1), requests: Number.NaN } }],
    ["more errors than requests", { ...failing, candidate: arm(1, 2) }],
    ["a negative count", { ...failing, stable: { ...arm(9, 0), errors: -1 } }],
    ["more latencies than requests", { ...failing, stable: { ...arm(9, 0), requests: 8 } }],
    ["a weight beyond 100 %", { ...failing, weight: 10_001 }],
    ["a latency count that is not a number", { ...failing, stable: { ...arm(9, 0), latency: [Number.NaN] } }],
  ] as [string, GuardArrivals][])("drops a tick with %s, and says so", (_, arrivals) => {
    const guard = createGuard(guardConfig());
    observeTimes(guard, failing, 2);
    const before = guard.report();
    expect(guard.observe(arrivals, 3)).toBe("continue");
    expect(guard.report()).toEqual({ ...before, droppedTicks: 1 });
  });
});

describe("one watched quantile", () => {
  const watching = (quantile: number): Guard => {
    const config = guardConfig({ metrics: [{ name: "latency", share: 1, quantile }] });
    return createGuard(config, baselineOf(HEALTHY, 1_000, seeded(1)));
  };

  it("is judged alone: a slow tail is a worse 99th percentile and no worse median", () => {
    const verdicts = [0.5, 0.99].map((quantile) => {
      const guard = watching(quantile);
      for (let tick = 0; tick < 200; tick += 1) {
        const [slow, usual] = [tick % 5 === 0 ? 500 : 1, tick % 2 === 0 ? 12 : 30];
        guard.observe({ weight: 5_000, candidate: arm(5, 0, slow), stable: arm(5, 0, usual) }, tick);
      }
      return guard.verdict;
    });
    expect(verdicts).toEqual(["continue", "close"]);
  });
});

describe("errors with a margin", () => {
  const closedAt = (errorRate: number, difference: number): boolean => {
    const margin = { difference, ratio: 1 };
    const guard = createGuard(guardConfig({ metrics: [{ name: "error_rate", share: 1, margin }] }));
    const random = seeded(11);
    for (let tick = 0; tick < 400; tick += 1) {
      guard.observe(drawTick(random, 20, 5_000, { candidate: { ...HEALTHY, errorRate }, stable: HEALTHY }), tick);
    }
    const restored = restoreGuard(JSON.parse(JSON.stringify(guard.snapshot())));
    expect(restored.report()).toEqual(guard.report());
    return guard.verdict === "close";
  };

  it("close when the candidate is worse by more than is tolerated, and not when by less", () => {
    expect([closedAt(0.06, 0.1), closedAt(0.06, 0.01), closedAt(0.3, 0.1)]).toEqual([false, true, true]);
  });
});

describe("counting for others", () => {
  it("goes on without any metric to judge, and never closes", () => {
    const guard = createGuard(guardConfig({ metrics: [] }));
    observeTimes(guard, failing, 50);
    expect(guard.verdict).toBe("continue");
    expect(guard.report()).toMatchObject({ logEvidence: 0, closed: null, samples: { candidate: 50, stable: 450 } });
    expect(restoreGuard(JSON.parse(JSON.stringify(guard.snapshot()))).report()).toEqual(guard.report());
  });

  it("is cumulative within a period, begins anew with the next, and leaves out ticks that make no sense", () => {
    const guard = createGuard(guardConfig());
    guard.beginPeriod(1_000);
    expect(guard.counts()).toBeNull();
    observeTimes(guard, failing, 2);
    guard.observe({ ...failing, candidate: arm(1, 2) }, 3);
    expect(guard.counts()).toMatchObject({ hypothesis: "rol_1/1", period: 1_000, weight: TENTH });
    expect(guard.counts()?.candidate).toEqual({ requests: 2, errors: 2, warming: 0, latency: [] });
    expect(guard.counts()?.stable).toMatchObject({ requests: 18, errors: 0, latency: [[expect.any(Number), 18]] });
    guard.beginPeriod(1_000);
    guard.observe({ ...failing, weight: 5_000 }, 4);
    expect(guard.counts()).toMatchObject({ period: 1_001, weight: 5_000, candidate: { requests: 1 } });
  });

  // edge case 45
  it("begins a later period after a restart, also when the clock went back, so that nothing is counted twice", () => {
    const guard = createGuard(guardConfig());
    guard.beginPeriod(1_000);
    observeTimes(guard, failing, 2);
    const restarted = restoreGuard(JSON.parse(JSON.stringify(guard.snapshot())));
    restarted.beginPeriod(900);
    observeTimes(restarted, failing, 1);
    expect(restarted.counts()).toMatchObject({ period: 1_001, candidate: { requests: 1 } });
    expect(restarted.report().samples).toEqual({ candidate: 3, stable: 27 });
  });
});

describe("batches", () => {
  it("gathers ticks into the same evidence as the batch they add up to", () => {
    const split = createGuard(guardConfig());
    const whole = createGuard(guardConfig());
    for (let batch = 0; batch < 4; batch += 1) {
      for (let request = 0; request < 9; request += 1) {
        split.observe({ weight: TENTH, candidate: arm(0, 0), stable: arm(1, 0) }, batch);
      }
      split.observe({ weight: TENTH, candidate: arm(1, 1), stable: arm(0, 0) }, batch);
      whole.observe(failing, batch);
    }
    expect(split.report()).toEqual(whole.report());
  });

  it("ends a batch where the weight changes, so that no batch mixes two weights", () => {
    const guard = createGuard(guardConfig({ metrics: [{ name: "error_rate", share: 1 }] }));
    guard.observe({ weight: 100, candidate: arm(1, 1), stable: arm(40, 0) }, 1);
    expect(guard.report().logEvidence).toBe(0);
    guard.observe({ weight: 5_000, candidate: arm(0, 0), stable: arm(0, 0) }, 2);
    expect(guard.report().logEvidence).toBeGreaterThan(1);
  });

  it("keeps the evidence when the weight changes", () => {
    const guard = createGuard(guardConfig());
    observeTimes(guard, failing, 2);
    const { logEvidence } = guard.report();
    guard.observe({ weight: 5_000, candidate: arm(0, 0), stable: arm(0, 0) }, 3);
    guard.observe({ weight: 0, candidate: arm(0, 0), stable: arm(0, 0) }, 3);
    expect(guard.report().logEvidence).toBe(logEvidence);
    observeTimes(guard, failing, 1);
    expect(guard.report().logEvidence).toBeGreaterThan(logEvidence);
  });
});

describe("snapshots", () => {
  it("go on exactly as the uninterrupted guard, wherever the restart falls", () => {
    const scenario = fc.record({
      seed: fc.nat(),
      restartAt: fc.integer({ min: 0, max: 120 }),
      weights: fc.array(fc.constantFrom(0, 500, TENTH, 5_000), { minLength: 1, maxLength: 4 }),
      baseline: fc.constantFrom(0, 200, 1_000),
      candidate: fc.record({ errorRate: fc.constantFrom(0, 0.05, 0.3), medianMs: fc.constantFrom(20, 22, 60) }),
    });
    fc.assert(
      fc.property(scenario, ({ seed, restartAt, weights, baseline, candidate }) => {
        const random = seeded(seed);
        const config = guardConfig({
          metrics: [
            { name: "latency", share: 0.4, tolerance: 0.1 },
            { name: "error_rate", share: 0.5 },
          ],
        });
        const known = baseline === 0 ? null : baselineOf(HEALTHY, baseline, random);
        const whole = createGuard(config, known);
        let restarted = createGuard(config, known);
        for (let tick = 0; tick < 120; tick += 1) {
          if (tick === restartAt) restarted = restoreGuard(JSON.parse(JSON.stringify(restarted.snapshot())));
          const weight = weights[Math.floor(tick / 30) % weights.length] ?? TENTH;
          const arrivals = drawTick(random, 12, weight, { candidate, stable: HEALTHY });
          expect(restarted.observe(arrivals, tick)).toBe(whole.observe(arrivals, tick));
        }
        expect(restarted.report()).toEqual(whole.report());
        expect(restarted.snapshot()).toEqual(whole.snapshot());
      }),
      { numRuns: 40 },
    );
  });

  // edge case 45
  it("carry no evidence over to a new hypothesis, and all of it within the same one", () => {
    const guard = createGuard(guardConfig());
    observeTimes(guard, failing, 5);
    const snapshot: unknown = JSON.parse(JSON.stringify(guard.snapshot()));
    const retried = resumeGuard(snapshot, guardConfig({ hypothesis: "rol_1/2" }));
    expect(retried.verdict).toBe("continue");
    expect(retried.report()).toEqual(createGuard(guardConfig({ hypothesis: "rol_1/2" })).report());
    const same = resumeGuard(snapshot, guardConfig());
    expect(same.verdict).toBe("close");
    expect(same.report()).toEqual(guard.report());
  });

  it.each([
    ["nothing", null],
    ["text", "{}"],
    ["another format", { ...createGuard(guardConfig()).snapshot(), format: 2 }],
    ["a count below zero", { ...createGuard(guardConfig()).snapshot(), droppedTicks: -1 }],
    [
      "the wealth of other experts",
      {
        ...createGuard(guardConfig()).snapshot(),
        errors: { logFractions: [0], batches: 0, logWealth: 0, maxLogWealth: 0 },
      },
    ],
  ])("that are %s are refused as lost data", (_, snapshot) => {
    expect(() => restoreGuard(snapshot)).toThrow(expect.objectContaining({ code: "data_loss" }));
  });
});

describe("createGuard", () => {
  it.each([
    ["guard.alpha", { alpha: 0 }],
    ["guard.alpha", { alpha: Number.NaN }],
    ["guard.metrics[0].quantile", { metrics: [{ name: "latency", share: 1, quantile: 1 }] }],
    ["guard.metrics[0].share", { metrics: [{ name: "error_rate", share: 0 }] }],
    ["guard.metrics[0].tolerance", { metrics: [{ name: "latency", share: 1, tolerance: -0.1 }] }],
    [
      "guard.metrics[1].name",
      {
        metrics: [
          { name: "latency", share: 0.2 },
          { name: "latency", share: 0.2 },
        ],
      },
    ],
    [
      "guard.metrics",
      {
        metrics: [
          { name: "latency", share: 0.6 },
          { name: "error_rate", share: 0.6 },
        ],
      },
    ],
  ] as [string, Partial<GuardConfig>][])("refuses a bad %s and names it", (field, changes) => {
    expect(() => createGuard(guardConfig(changes))).toThrow(
      expect.objectContaining({ code: "invalid_argument", violations: [expect.objectContaining({ field })] }),
    );
  });

  it("does not let later changes of the baseline reach into its evidence", () => {
    const baseline = baselineOf(HEALTHY, 1_000, seeded(9));
    const kept = baseline.copy();
    const guard = createGuard(guardConfig(), baseline);
    baseline.recordBin(LATENCY_BINS.overflow, 100_000);
    const untouched = createGuard(guardConfig(), kept);
    observeTimes(guard, healthy, 3);
    observeTimes(untouched, healthy, 3);
    expect(guard.snapshot()).toEqual(untouched.snapshot());
  });
});
