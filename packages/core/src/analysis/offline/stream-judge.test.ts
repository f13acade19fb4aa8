import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGuard } from "../guard.ts";
import { LogHistogram } from "../log-histogram.ts";
import { guardConfig, type Random, seeded } from "../traffic.testing.ts";
import { parseStreamEvent, type StreamEvent } from "./stream.event.ts";
import { StreamJudge, streamJudge } from "./stream-judge.ts";

interface Rates {
  stable: number;
  candidate: number;
}

/** Requests of which a share of `weight` percent goes to the candidate. */
function* requests(
  random: Random,
  count: number,
  weight: number,
  errors: Rates,
  ms: Rates = { stable: 20, candidate: 20 },
) {
  for (let index = 0; index < count; index += 1) {
    const arm = random() * 100 < weight ? "candidate" : "stable";
    const ok = random() >= errors[arm];
    yield request({ arm, ok, latencyMs: ok ? ms[arm] * (0.5 + random()) : null, weight });
  }
}

const request = (changes: Partial<StreamEvent>): StreamEvent => ({
  arm: "stable",
  ok: true,
  latencyMs: null,
  score: null,
  weight: null,
  stratum: "",
  ...changes,
});

describe("StreamJudge", () => {
  it("has exactly the evidence that a rollout's guard has of the same requests", () => {
    const guard = createGuard(guardConfig({ alpha: 0.01 }));
    const judge = streamJudge({ stakes: { error_rate: 0.5, latency: 0.3 }, latency: { relative: 0, absoluteMs: 0 } });
    const random = seeded(23);
    const traffic = [5, 25, 50].flatMap((weight) => [
      ...requests(random, 2_000, weight, { stable: 0.01, candidate: 0.03 }, { stable: 20, candidate: 25 }),
    ]);
    for (const [index, event] of traffic.entries()) {
      judge.observe(event);
      const latency = new LogHistogram();
      if (event.latencyMs !== null) latency.record(event.latencyMs);
      const one = { requests: 1, errors: event.ok === false ? 1 : 0, latency: latency.counts };
      const none = { requests: 0, errors: 0, latency: new LogHistogram().counts };
      const arms = event.arm === "candidate" ? { candidate: one, stable: none } : { candidate: none, stable: one };
      guard.observe({ weight: (event.weight ?? 0) * 100, ...arms }, 0);
      if (index % 500 === 499) expect(judge.logEvidence).toBe(guard.report().logEvidence);
    }
    expect(judge.report().maxLogEvidence).toBe(guard.report().maxLogEvidence);
    expect(judge.report().closed === null).toBe(guard.report().closed === null);
  });

  it("calls a candidate worse that fails, soon, for ever, and says why", () => {
    const judge = streamJudge({ weight: 10 });
    for (const event of requests(seeded(1), 400, 10, { stable: 0, candidate: 1 })) judge.observe(event);
    const { verdict, closed, message } = judge.report();
    expect(verdict).toBe("rollback");
    expect(closed?.event).toBeLessThan(150);
    expect(message).toMatch(/^Worse since event \d+ of 400: \d+ of the candidate's \d+ requests failed against 0 of/);
    for (const event of requests(seeded(2), 3_000, 10, { stable: 0.5, candidate: 0 })) judge.observe(event);
    expect(judge.report()).toMatchObject({ verdict: "rollback", closed: { event: closed?.event } });
  });

  it("calls a slower candidate and one with worse answers worse, each by its metric", () => {
    const slower = streamJudge();
    for (const event of requests(seeded(3), 3_000, 50, { stable: 0, candidate: 0 }, { stable: 20, candidate: 60 }))
      slower.observe(event);
    expect(slower.report().closed?.metric).toBe("latency");
    const poorer = streamJudge({ stakes: { score: 1 } });
    const random = seeded(4);
    for (let index = 0; index < 400; index += 1) {
      const arm = random() < 0.5 ? "candidate" : "stable";
      poorer.observe(request({ arm, ok: null, score: (arm === "stable" ? 0.6 : 0.2) + 0.4 * random() }));
    }
    expect(poorer.report().message).toMatch(/the candidate's mean score is 0\.4\d* of \d+ against 0\.7/);
  });

  it("keeps its promise on a candidate no worse than stable, with changing weights and a drifting world", () => {
    const random = seeded(5);
    let alarms = 0;
    for (let run = 0; run < 200; run += 1) {
      const judge = streamJudge({ alpha: 0.05, stakes: { error_rate: 1 } });
      for (const [weight, rate] of [
        [5, 0.01],
        [20, 0.03],
        [50, 0.1],
      ] as const) {
        for (const event of requests(random, 300, weight, { stable: rate, candidate: rate })) judge.observe(event);
      }
      if (judge.closed !== null) alarms += 1;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.05);
  });

  it("compares within strata only, when routing depends on them", () => {
    const confounded = (stratified: boolean): boolean => {
      const random = seeded(6);
      const judge = streamJudge({ stakes: { error_rate: 1 } });
      for (let index = 0; index < 6_000; index += 1) {
        const remote = random() < 0.5;
        const arm = random() < (remote ? 0.8 : 0.2) ? "candidate" : "stable";
        const stratum = stratified ? (remote ? "remote" : "near") : "";
        judge.observe(request({ arm, ok: random() >= (remote ? 0.2 : 0.02), stratum }));
      }
      return judge.closed !== null;
    };
    expect(confounded(false)).toBe(true);
    expect(confounded(true)).toBe(false);
  });

  it("holds when the split is not the nominal one", () => {
    // edge case 46
    const judge = streamJudge();
    for (const event of requests(seeded(7), 4_000, 20, { stable: 0.01, candidate: 0.01 }))
      judge.observe({ ...event, weight: 10 });
    expect(judge.report()).toMatchObject({ verdict: "hold", sampleRatio: { doubted: true } });
    expect(judge.report().message).toContain("not the nominal one");
  });

  it("shows that a candidate is no worse than a margin", () => {
    const judge = streamJudge({ nonInferiority: { errors: 0.03, latency: false } });
    for (const event of requests(seeded(8), 3_000, 50, { stable: 0.005, candidate: 0.005 })) judge.observe(event);
    expect(judge.report()).toMatchObject({ verdict: "promote", nonInferior: true, closed: null });
  });

  it("learns nothing from one arm alone, and goes on with the next batch", () => {
    // edge case 24
    const judge = streamJudge();
    for (let index = 0; index < 25_000; index += 1) judge.observe(request({ ok: index % 3 > 0, score: 0.5 }));
    expect(judge.report()).toMatchObject({ verdict: "continue", logEvidence: expect.closeTo(0, 12) });
    for (let index = 0; index < 20; index += 1) {
      judge.observe(request({ arm: "candidate", ok: false }));
      for (let other = 0; other < 99; other += 1) judge.observe(request({}));
    }
    expect(judge.report().verdict).toBe("rollback");
  });

  it.each([
    [{ alpha: 0 }, "alpha is 0"],
    [{ stakes: {} }, "at least one of error_rate, latency, score"],
    [{ stakes: { score: 2 } }, "stakes.score is 2"],
    [{ weight: 101 }, "a weight of 101"],
    [{ scoreMargin: 1 }, "scoreMargin is 1"],
  ])("refuses %j", (options, message) => {
    expect(() => new StreamJudge(options)).toThrow(message);
  });

  it("refuses more strata than it could keep apart", () => {
    const judge = streamJudge();
    for (let index = 0; index < 1_000; index += 1) judge.observe(request({ stratum: `s${index}` }));
    expect(() => judge.observe(request({ stratum: "one more" }))).toThrow("at most 1000 different ones");
  });
});

describe("parseStreamEvent", () => {
  it("takes null for absent, and latency for latencyMs", () => {
    // edge case 26
    expect(parseStreamEvent({ arm: "stable", ok: true, latencyMs: null, score: null, weight: null })).toEqual(
      request({}),
    );
    expect(parseStreamEvent({ arm: "candidate", ok: true, latency: 12.5, stratum: "eu" })).toEqual(
      request({ arm: "candidate", latencyMs: 12.5, stratum: "eu" }),
    );
    expect(parseStreamEvent({ arm: "stable", score: 0.9 })).toEqual(request({ ok: null, score: 0.9 }));
  });

  it.each([
    [null, "the body is null; allowed: an object"],
    [[], "the body is []"],
    [{ ok: true }, 'arm is missing; allowed: "stable" or "candidate"'],
    [{ arm: "canary", ok: true }, 'arm is "canary"'],
    [{ arm: "stable" }, "ok is missing; allowed: true or false"],
    [{ arm: "stable", ok: 1 }, "ok is 1"],
    [{ arm: "stable", ok: true, latencyMs: -1 }, "latencyMs is -1; allowed: a number of at least 0"],
    [{ arm: "stable", ok: true, latencyMs: Number.NaN }, "latencyMs is null"],
    [{ arm: "stable", ok: true, latencyMs: 1, latency: 1 }, "nothing beside latencyMs"],
    [{ arm: "stable", ok: true, score: 1.1 }, "score is 1.1; allowed: a number from 0 to 1"],
    [{ arm: "stable", ok: true, weight: "10" }, 'weight is "10"; allowed: a number from 0 to 100'],
    [{ arm: "stable", ok: true, stratum: 7 }, "stratum is 7"],
    [{ arm: "stable", ok: true, latancyMs: 7 }, "latancyMs is 7; allowed: one of the fields arm, ok, latencyMs"],
  ])("refuses %j", (value, message) => {
    expect(() => parseStreamEvent(value)).toThrow(message);
  });

  it("either refuses by field or gives an event that the judge can take, whatever it is given", () => {
    const judge = streamJudge();
    const value = fc.oneof(fc.anything(), fc.double(), fc.boolean(), fc.constantFrom("stable", "candidate", null));
    const event = fc.record(
      {
        arm: value,
        ok: value,
        latencyMs: value,
        score: value,
        weight: fc.integer({ min: 0, max: 100 }),
        stratum: fc.constantFrom("a", "b"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), event), (input) => {
        try {
          judge.observe(parseStreamEvent(input));
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_argument" });
        }
        expect(judge.report().message).not.toContain("NaN");
      }),
    );
  });
});
