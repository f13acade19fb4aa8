import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GuardArrivals } from "../analysis/guard.arrivals.ts";
import { arm, drawTick, HEALTHY, seeded } from "../analysis/traffic.testing.ts";
import { judgeConfigOf } from "./judge.config.ts";
import { batchOf, CountingGateway, countsOf, judged, type Metrics, one, rolloutOf, termsOf } from "./judge.testing.ts";
import { createJudge, type PooledJudge, resumeJudge } from "./pooled.judge.ts";

const TENTH = 1_000;
const SOURCE = { type: "prometheus" as const, address: "http://127.0.0.1:9090", query: "up" };

const failing: GuardArrivals = { weight: TENTH, candidate: arm(1, 1), stable: arm(9, 0) };
const healthy: GuardArrivals = { weight: TENTH, candidate: arm(10, 0), stable: arm(90, 0) };
describe("errors", () => {
  test("close the gate for ever, and the reason says what was seen, against what, and what would have kept it open", () => {
    const { judge, serve } = judged([{ name: "error_rate" }]);
    serve(healthy, 5);
    serve(failing, 6);
    const { closed } = judge;
    expect(closed).toMatchObject({ metric: "error_rate" });
    expect(one(closed?.reason)).toMatch(
      /^error rate: \d+ of 5\d requests failed on revision 2 against 0 of \d+ on revision 1 \(evidence \S+×, bound 166×\); with about \d+ failed requests of the candidate it would have stayed open$/,
    );
    serve(healthy, 200);
    expect(judge.closed).toEqual(closed);
    expect(judge.report()).toMatchObject({ verdict: "rollback", closed, message: closed?.reason });
  });

  test("say how many more would close the gate, and that many do", () => {
    const { judge, serve, metric } = judged([{ name: "error_rate" }]);
    serve(healthy, 20);
    serve(failing, 1);
    const { message } = metric("error_rate") ?? {};
    const more = Number(
      /about (\d+) more failed requests of the candidate in a row would close the gate$/.exec(one(message))?.[1],
    );
    expect(more).toBeGreaterThan(1);
    serve({ weight: TENTH, candidate: arm(more, more), stable: arm(9 * more, 0) });
    expect(judge.report().verdict).toBe("rollback");
  });

  test("may be more by the margin, and no more than that", () => {
    const closedAt = (errorRate: number): boolean => {
      const { judge, serve } = judged([{ name: "error_rate", maxIncrease: 0.05 }]);
      const random = seeded(5);
      const behaviour = { stable: HEALTHY, candidate: { ...HEALTHY, errorRate } };
      for (let look = 0; look < 200; look += 1) serve(drawTick(random, 40, 5_000, behaviour));
      return judge.closed !== null;
    };
    expect([closedAt(0.03), closedAt(0.2)]).toEqual([false, true]);
  });

  test("have an interval of their difference that holds the true one", () => {
    const { serve, metric } = judged([{ name: "error_rate" }]);
    const random = seeded(6);
    const behaviour = { stable: HEALTHY, candidate: { ...HEALTHY, errorRate: 0.02 } };
    for (let look = 0; look < 50; look += 1) serve(drawTick(random, 100, 5_000, behaviour));
    const { interval, stable, candidate, samples } = metric("error_rate") ?? {};
    expect(interval).toMatchObject({ of: "difference", level: 0.95 });
    expect(interval?.low).toBeLessThan(0.015);
    expect(interval?.high).toBeGreaterThan(0.015);
    expect([stable, candidate, samples?.stable]).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
  });

  test("are too few to judge by below the minimum, unless they show that the candidate is worse", () => {
    const { judge, serve, metric } = judged([{ name: "error_rate" }]);
    serve(healthy, 4);
    expect(metric("error_rate")).toMatchObject({ status: "no_data", failed: false, candidate: 0 });
    serve(healthy, 1);
    expect(metric("error_rate")?.status).toBe("ok");
    const early = judged([{ name: "error_rate" }]);
    early.serve(failing, 8);
    expect(early.metric("error_rate")).toMatchObject({ status: "ok", failed: true });
    expect(judge.closed).toBeNull();
  });

  // edge case 24
  test("are not judged without traffic: neither success nor failure, and it says so", () => {
    const { judge, look, metric } = judged([{ name: "error_rate" }]);
    look();
    expect(metric("error_rate")).toMatchObject({ status: "no_data", failed: false, candidate: null });
    expect(one(metric("error_rate")?.message)).toMatch(/nothing to judge yet/);
    expect(judge.report()).toMatchObject({ verdict: "continue", closed: null, logEvidence: expect.closeTo(0, 9) });
  });
});

describe("the judge's word", () => {
  test("changes when something was decided, and not with every request", () => {
    const { judge, serve } = judged([{ name: "error_rate" }]);
    serve(healthy, 10);
    const { word } = judge;
    serve(healthy, 10);
    expect(judge.word).toBe(word);
    serve(failing, 12);
    expect(judge.word).not.toBe(word);
  });
});

describe("latency", () => {
  test("closes the gate when the candidate is slower, also without knowing stable from before", () => {
    const { judge, serve } = judged([{ name: "error_rate" }, { name: "latency" }]);
    const random = seeded(7);
    const behaviour = { stable: HEALTHY, candidate: { ...HEALTHY, medianMs: 80 } };
    for (let look = 0; look < 100; look += 1) serve(drawTick(random, 40, TENTH, behaviour));
    expect(judge.closed?.metric).toBe("latency");
    expect(one(judge.closed?.reason)).toMatch(/^latency: /);
  });
});

describe("absolute limits", () => {
  test("are judged by evidence, beside the comparison", () => {
    const both = { ...HEALTHY, errorRate: 0.2 };
    const { judge, serve, metric } = judged([{ name: "error_rate", maxErrorRate: 0.05 }]);
    const random = seeded(8);
    for (let look = 0; look < 100; look += 1) serve(drawTick(random, 40, 5_000, { stable: both, candidate: both }));
    expect(metric("error_rate")?.failed).toBe(false);
    expect(judge.closed).toMatchObject({ metric: "error_rate.limit" });
    expect(one(judge.closed?.reason)).toMatch(/against a limit of 5 %/);
  });

  test("are all there is on a first delivery, and the verdict says so", () => {
    const none = judged([{ name: "error_rate" }], { from: null });
    none.look();
    expect(one(none.judge.report().message)).toMatch(
      /first delivery: there is nothing to compare it with, and no absolute limit/,
    );
    const slow = judged([{ name: "latency", maxLatencyMs: 100, quantile: 0.9 }], { from: null });
    slow.serve({ weight: 10_000, candidate: arm(20, 0, 50), stable: arm(0, 0) }, 20);
    expect(one(slow.judge.report().message)).toMatch(/first delivery.*limits alone are judged: latency: 0 of 400/);
    slow.serve({ weight: 10_000, candidate: arm(20, 0, 300), stable: arm(0, 0) }, 20);
    expect(slow.judge.closed).toMatchObject({ metric: "latency.limit" });
  });
});

describe("the sample ratio", () => {
  // edge case 46
  test("holds when the split is not the nominal one, and never rolls back for it", () => {
    const { judge, serve } = judged([{ name: "error_rate" }]);
    serve({ weight: TENTH, candidate: arm(20, 0), stable: arm(80, 0) }, 10);
    const report = judge.report();
    expect(report).toMatchObject({ verdict: "hold", closed: null, sampleRatio: { doubted: true } });
    expect(one(report.message)).toMatch(/revision 2 got 200 of 1000 requests at a weight of 10 %/);
  });

  test("is not asked of what fell to one revision because the other could not be reached", () => {
    const { judge, serve } = judged([{ name: "error_rate" }]);
    serve({ weight: TENTH, candidate: arm(10, 0), stable: arm(90, 0) }, 10);
    serve({ weight: TENTH, candidate: { ...arm(100, 0), undealt: 100 }, stable: arm(0, 0) }, 20);
    serve({ weight: TENTH, candidate: arm(10, 0), stable: arm(90, 0) }, 10);
    expect(judge.report()).toMatchObject({ verdict: "continue", sampleRatio: { doubted: false } });
    expect(judge.report().metrics[0]?.samples).toEqual({ stable: 1_800, candidate: 2_200 });
  });

  test("is not asked of callers who are kept on one revision, nor of mirrored copies", () => {
    const config = judgeConfigOf(rolloutOf({ type: "canary" }), { sticky: true, routed: true });
    if (config === null) throw new Error("not judged");
    const sticky = createJudge(config);
    const gateway = new CountingGateway();
    gateway.serve({ weight: TENTH, candidate: arm(500, 0), stable: arm(500, 0) });
    sticky.observe(batchOf(1, { gateways: countsOf(gateway) }));
    expect(sticky.report().sampleRatio.doubted).toBe(false);
    const mirrored = createJudge(termsOf({ type: "canary" }));
    const [counts] = countsOf(gateway);
    if (counts === undefined) throw new Error("no counts");
    mirrored.observe(batchOf(1, { gateways: [{ ...counts, counts: { ...counts.counts, mirrored: true } }] }));
    expect(mirrored.report().sampleRatio.doubted).toBe(false);
  });
});

describe("non-inferiority", () => {
  const claim: Metrics = [{ name: "error_rate", nonInferiorityMargin: 0.02 }];

  test("is shown by many good answers, and begins afresh with every step", () => {
    const { judge, serve } = judged(claim);
    expect(judge.report().nonInferior).toBe(false);
    serve({ weight: 5_000, candidate: arm(50, 0), stable: arm(50, 0) }, 20);
    expect(judge.report()).toMatchObject({ verdict: "promote", nonInferior: true });
    expect(one(judge.report().message)).toMatch(
      /^revision 2 is no worse than revision 1 by more than the margins asked for/,
    );
    serve({ weight: 5_000, candidate: arm(5, 0), stable: arm(5, 0) }, 1, { step: 1 });
    expect(judge.report()).toMatchObject({ verdict: "continue", nonInferior: false });
  });

  test("is shown only when every metric that claims it has shown it", () => {
    const { judge, serve } = judged([...claim, { name: "latency", nonInferiority: true }]);
    serve({ weight: 5_000, candidate: arm(50, 0, 40), stable: arm(50, 0, 20) }, 20);
    expect(judge.report().nonInferior).toBe(false);
    serve({ weight: 5_000, candidate: arm(50, 0), stable: arm(50, 0) }, 20, { step: 1 });
    expect(judge.report().nonInferior).toBe(true);
  });

  test("is null when nobody asked", () => {
    expect(judged([{ name: "error_rate" }]).judge.report().nonInferior).toBeNull();
  });
});

describe("a snapshot", () => {
  const metrics: Metrics = [
    { name: "error_rate", maxErrorRate: 0.5, nonInferiorityMargin: 0.1 },
    { name: "latency", nonInferiority: true, maxLatencyMs: 1_000 },
    { name: "quality", source: "evaluations", judge: "balanced-bets", min: 0.1 },
    { name: "saturation", source: SOURCE, judge: "mann-whitney", max: 100 },
    { name: "plain", source: SOURCE, judge: "threshold", max: 1_000 },
    { name: "old", source: SOURCE, mode: "kayenta" },
  ];
  const names = ["quality", "saturation", "plain", "old"];
  const restarted = (judge: PooledJudge): PooledJudge => resumeJudge(JSON.parse(JSON.stringify(judge.snapshot())));

  test("goes on exactly as the judge that was never interrupted, wherever the restart falls", () => {
    const scenario = fc.record({
      seed: fc.nat(),
      restartAt: fc.integer({ min: 0, max: 60 }),
      weights: fc.array(fc.constantFrom(0, 500, TENTH, 5_000, 10_000), { minLength: 1, maxLength: 4 }),
      errorRate: fc.constantFrom(0, 0.05, 0.3),
    });
    const config = termsOf({ type: "canary", monitoringSeconds: 60, analysis: { metrics } });
    fc.assert(
      fc.property(scenario, ({ seed, restartAt, weights, errorRate }) => {
        const random = seeded(seed);
        const gateway = new CountingGateway();
        const whole = createJudge(config);
        let cut = createJudge(config);
        for (let look = 1; look <= 60; look += 1) {
          if (look === restartAt) cut = restarted(cut);
          const step = Math.floor(look / 20);
          const weight = weights[step % weights.length] ?? TENTH;
          gateway.serve(drawTick(random, 12, weight, { stable: HEALTHY, candidate: { ...HEALTHY, errorRate } }));
          const values = names.map((metric) => ({ metric, stable: [random()], candidate: [random()] }));
          const batch = batchOf(look, { gateways: countsOf(gateway), values, step, alone: weight === 10_000 });
          expect(cut.observe(batch)).toBe(whole.observe(batch));
        }
        expect(cut.snapshot()).toEqual(whole.snapshot());
        expect(cut.report()).toEqual(whole.report());
      }),
      { numRuns: 15 },
    );
  });

  test("stays small, whatever came in", () => {
    const judge = createJudge(termsOf({ type: "canary", analysis: { metrics } }));
    const sizeAfter = (looks: number): number => {
      for (let look = 0; look < looks; look += 1) {
        const values = names.map((metric) => ({ metric, stable: [0.123456789], candidate: [0.123456789, 0.2] }));
        judge.observe(batchOf(judge.seq + 1, { values }));
      }
      return JSON.stringify(judge.snapshot()).length;
    };
    const early = sizeAfter(600);
    expect(sizeAfter(1_200)).toBeLessThan(early * 1.1);
  });

  test("ignores replays: a batch that was taken in already changes nothing", () => {
    const { judge, serve, gateway } = judged([{ name: "error_rate" }]);
    serve(failing, 2);
    const before = judge.snapshot();
    gateway.serve(failing);
    expect(judge.observe(batchOf(judge.seq, { gateways: countsOf(gateway) }))).toBe(false);
    expect(judge.observe(batchOf(judge.seq - 1, { gateways: countsOf(gateway) }))).toBe(false);
    expect(judge.snapshot()).toEqual(before);
  });

  test.each([
    ["nothing", null],
    ["another format", { format: 2 }],
    ["half of one", { ...createJudge(termsOf({ type: "canary" })).snapshot(), traffic: {} }],
  ])("that is %s is refused as lost data", (_, snapshot) => {
    expect(() => resumeJudge(snapshot)).toThrow(expect.objectContaining({ code: "data_loss" }));
  });
});
