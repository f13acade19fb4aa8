import { describe, expect, test } from "vitest";
import { ArmCounts, type GuardArrivals } from "../analysis/guard.arrivals.ts";
import { arm } from "../analysis/traffic.testing.ts";
import { batchOf, countsOf, judged, one } from "./judge.testing.ts";
import { resumeJudge } from "./pooled.judge.ts";

describe("a candidate that stands alone", () => {
  const monitored = { strategy: { monitoringSeconds: 60 } };
  const alone = (errors: number): GuardArrivals => ({ weight: 10_000, candidate: arm(20, errors), stable: arm(0, 0) });

  test("is compared with before, not beside, and the sentence says so", () => {
    const { judge, serve, metric } = judged([{ name: "error_rate" }], monitored);
    serve({ weight: 5_000, candidate: arm(50, 0), stable: arm(50, 0) }, 40);
    serve(alone(0), 20, { step: 1, alone: true });
    expect(judge.closed).toBeNull();
    expect(one(metric("error_rate.before")?.message)).toMatch(
      /against 0 of 2000 on revision 1 before it left, so \S+ % at most; compared with before, not beside/,
    );
    serve(alone(4), 30, { step: 1, alone: true });
    expect(judge.closed?.reason).toMatch(/compared with before, not beside/);
  });

  test("is not closed for what stable did as well", () => {
    const { judge, serve } = judged([{ name: "error_rate" }], monitored);
    serve({ weight: 5_000, candidate: arm(50, 5), stable: arm(50, 5) }, 40);
    serve(alone(2), 200, { step: 1, alone: true });
    expect(judge.closed).toBeNull();
  });

  describe("that got all traffic at once", () => {
    const before = (requests: number, errors: number) => {
      const past = new ArmCounts();
      past.add(arm(requests, errors));
      return { before: past.state() };
    };
    const broken = { weight: 10_000, candidate: arm(1, 1), stable: arm(0, 0) };

    test("is compared with what stable did before the rollout, and goes back after a handful of failures", () => {
      const { judge, look, serve, metric } = judged([{ name: "error_rate" }], monitored);
      look(before(300, 1));
      serve({ weight: 5_000, candidate: arm(1, 1), stable: arm(4, 0) });
      serve(broken, 10, { alone: true });
      expect(one(judge.closed?.reason)).toMatch(
        /^error rate: \d of \d requests failed on revision 2 against 1 of 304 on revision 1 before it left, so \S+ % at most/,
      );
      expect(metric("error_rate.before")?.samples.stable).toBe(304);
    });

    test("is not taken back while it is as good as stable was, nor for what stable did as well", () => {
      for (const [errors, now] of [
        [0, 0],
        [60, 4],
      ] as const) {
        const { judge, look, serve } = judged([{ name: "error_rate" }, { name: "latency" }], monitored);
        look(before(300, errors));
        serve(alone(now), 50, { alone: true });
        expect(judge.closed).toBeNull();
        expect(judge.report().verdict).toBe("continue");
      }
    });

    test("is compared with nothing when nothing is known of stable, and the sentence says that", () => {
      const { judge, look, serve } = judged([{ name: "error_rate", nonInferiorityMargin: 0.02 }], monitored);
      look({ before: null });
      serve(broken, 131, { alone: true });
      expect(judge.report()).toMatchObject({ verdict: "continue", nonInferior: false, closed: null });
      expect(one(judge.report().message)).toMatch(
        /^nothing to compare with: 131 requests of revision 2 are known and none of revision 1, neither beside them nor before/,
      );
    });

    test("is compared with before over a restart, and what came later is not taken for it", () => {
      const { judge, look, gateway, serve } = judged([{ name: "error_rate" }], monitored);
      look(before(300, 1));
      const restarted = resumeJudge(JSON.parse(JSON.stringify(judge.snapshot())));
      serve({ weight: 5_000, candidate: arm(1, 0), stable: arm(4, 0) });
      restarted.observe(batchOf(2, { gateways: countsOf(gateway), ...before(9_000, 9_000) }));
      gateway.serve({ ...broken, candidate: arm(10, 10) });
      restarted.observe(batchOf(3, { gateways: countsOf(gateway), alone: true, ...before(9_000, 9_000) }));
      expect(restarted.closed?.reason).toMatch(/against 1 of 304 on revision 1 before it left/);
    });
  });

  test("is not watched this way with a holdback, which leaves something beside it", () => {
    const { serve, metric } = judged([{ name: "error_rate" }], {
      strategy: { monitoringSeconds: 60, holdbackPercentage: 5 },
    });
    serve({ weight: 5_000, candidate: arm(50, 0), stable: arm(50, 0) }, 40);
    serve(alone(0), 5, { step: 1, alone: true });
    expect(metric("error_rate.before")).toBeUndefined();
  });
});
