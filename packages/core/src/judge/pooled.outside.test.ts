import { describe, expect, test } from "vitest";
import type { GuardArrivals } from "../analysis/guard.arrivals.ts";
import { arm, seeded } from "../analysis/traffic.testing.ts";
import { batchOf, judged, type Metrics, one, termsOf } from "./judge.testing.ts";
import { createJudge } from "./pooled.judge.ts";

const SOURCE = { type: "prometheus" as const, address: "http://127.0.0.1:9090", query: "up" };

/** A tenth of the traffic, and all of it fails. */
const failing: GuardArrivals = { weight: 1_000, candidate: arm(1, 1), stable: arm(9, 0) };

describe("figures from outside", () => {
  const quality: Metrics = [{ name: "quality", source: "evaluations" }];
  const saturation: Metrics = [{ name: "saturation", source: SOURCE }];

  test("are compared as scores when they are evaluations", () => {
    const { judge, read } = judged(quality);
    read({ stable: [0.9, 0.95, 0.8], candidate: [0.92, 0.85, 0.9] }, 20);
    expect(judge.closed).toBeNull();
    read({ stable: [0.9, 0.95, 0.8], candidate: [0.2, 0.3, 0.1] }, 20);
    expect(judge.closed).toMatchObject({ metric: "quality" });
    expect(one(judge.closed?.reason)).toMatch(
      /^quality: \d+ scores of revision 2 average \S+ against \S+ in \d+ of revision 1/,
    );
  });

  test("say how many more bad scores would close the gate", () => {
    const { read, metric } = judged(quality);
    read({ stable: [0.9, 0.8], candidate: [0.9, 0.8] }, 10);
    expect(one(metric("quality")?.message)).toMatch(
      /about \d+ more scores of 0 from the candidate would close the gate$/,
    );
  });

  test("may not fall below a limit, on the evidence of more than one", () => {
    const { judge, read } = judged([{ name: "quality", source: "evaluations", min: 0.8 }]);
    read({ stable: [], candidate: [0.1] });
    expect(judge.report()).toMatchObject({ verdict: "continue", closed: null });
    read({ stable: [], candidate: [0.3] }, 30);
    expect(judge.closed).toMatchObject({ metric: "quality.limit" });
    expect(one(judge.closed?.reason)).toMatch(/against a limit of at least 0.8/);
  });

  test("are compared by ranks when they have no bounds, within a tolerance", () => {
    const closedWith = (factor: number): boolean => {
      const { judge, read } = judged(saturation);
      const random = seeded(9);
      for (let look = 0; look < 60; look += 1) read({ stable: [10 + random()], candidate: [factor * (10 + random())] });
      return judge.closed !== null;
    };
    expect([closedWith(1), closedWith(1.05), closedWith(2)]).toEqual([false, false, true]);
    const { read, metric } = judged(saturation);
    read({ stable: [1, 2, 3], candidate: [2, 3, 4] });
    expect(metric("saturation")).toMatchObject({ interval: { of: "shift", level: 0.98 }, stable: 2, candidate: 3 });
    expect(one(metric("saturation")?.message)).toMatch(/a shift of 1 .*more values of each arm/);
  });

  test("keep to a plain limit only for who asks, and the sentence gives its false alarms", () => {
    const { judge, read } = judged([{ name: "load", source: SOURCE, judge: "threshold", max: 5, failureLimit: 2 }]);
    read({ stable: [], candidate: [9] });
    read({ stable: [], candidate: [1] });
    read({ stable: [], candidate: [9] });
    expect(judge.closed).toBeNull();
    read({ stable: [], candidate: [9] });
    expect(judge.closed).toMatchObject({ metric: "load" });
    expect(one(judge.closed?.reason)).toMatch(
      /9 on revision 2 against a limit of at most 5, failed 2 times in a row .*false alarms/,
    );
  });

  test("follow Kayenta's rules for who asks, without a promise", () => {
    const { judge, read } = judged([{ name: "old", source: SOURCE, mode: "kayenta" }]);
    for (let look = 0; look < 30; look += 1) read({ stable: [10 + (look % 3)], candidate: [30 + (look % 5)] });
    expect(judge.closed).toMatchObject({ metric: "old" });
    expect(one(judge.closed?.reason)).toMatch(/High by Kayenta's rules/);
  });

  // edge case 25
  test("hold the rollout while their source is down, never fail, and go on when it is back", () => {
    const { judge, fail, read, metric } = judged(saturation);
    read({ stable: [1], candidate: [1] });
    fail({ status: "provider_error", message: "http://127.0.0.1:9090 does not answer; an answer would end this" });
    expect(judge.report()).toMatchObject({ verdict: "hold", closed: null });
    expect(metric("saturation")).toMatchObject({ status: "provider_error", failed: false });
    expect(one(judge.report().message)).toMatch(/^held, since .* does not answer/);
    read({ stable: [1], candidate: [1] });
    expect(judge.report()).toMatchObject({ verdict: "continue" });
    expect(metric("saturation")).toMatchObject({ status: "ok", samples: { stable: 2, candidate: 2 } });
  });

  test("do not hold when the strategy ignores what is down", () => {
    const config = termsOf({ type: "canary", analysis: { metrics: saturation, onProviderError: "ignore" } });
    const judge = createJudge(config);
    const problem = { metric: "saturation", status: "provider_error" as const, message: "down" };
    judge.observe(batchOf(1, { problems: [problem] }));
    expect(judge.report().verdict).toBe("continue");
  });

  // edge case 26
  test.each([
    ["NaN", [0.5, Number.NaN], /value 2 of the candidate is NaN; allowed: finite numbers/],
    ["a score above 1", [1.5], /value 1 of the candidate is 1.5; allowed: scores from 0 to 1/],
  ])("are invalid with %s: typed, named, and no evidence", (_, candidate, message) => {
    const { judge, read, metric } = judged(quality);
    read({ stable: [0.5], candidate });
    expect(metric("quality")).toMatchObject({ status: "invalid", failed: false, samples: { stable: 0, candidate: 0 } });
    expect(metric("quality")?.message).toMatch(message);
    expect(judge.report()).toMatchObject({ verdict: "hold", closed: null });
  });

  // edge case 24
  test("that were never read hold as no data, with a sentence", () => {
    const { judge, look } = judged(quality);
    look();
    expect(judge.report()).toMatchObject({ verdict: "hold", metrics: [{ status: "no_data" }] });
    expect(one(judge.report().message)).toMatch(
      /nothing to judge yet, with 0 values of revision 2 and 0 of revision 1/,
    );
  });

  // edge case 29
  test("never keep a gate open that was closed: worse goes before not knowing", () => {
    const { judge, serve, fail } = judged([{ name: "error_rate" }, { name: "saturation", source: SOURCE }]);
    fail({ status: "provider_error", message: "down" });
    serve(failing, 12);
    expect(judge.report().verdict).toBe("rollback");
  });
});
