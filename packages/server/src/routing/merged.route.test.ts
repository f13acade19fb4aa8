import type { GuardReport, RevisionStats, RouteObservation } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { mergedRoute } from "./merged.route.ts";

const HALF = [
  { revision: 1, weight: 5_000 },
  { revision: 2, weight: 5_000 },
];

const observed = (change: Partial<RouteObservation> = {}): RouteObservation => ({
  id: "dep_1",
  epoch: 7,
  split: HALF,
  usable: [{ revision: 1, endpoints: 2 }],
  stats: [],
  guard: null,
  ...change,
});

const stats = (change: Partial<RevisionStats> = {}): RevisionStats => ({
  revision: 2,
  requests: 10,
  status: { "1xx": 0, "2xx": 9, "3xx": 0, "4xx": 0, "5xx": 1, failed: 0 },
  errors: 1,
  aborted: 0,
  bytesIn: 100,
  bytesOut: 200,
  inFlight: 1,
  latency: [[40, 10]],
  ...change,
});

const guard = (change: Partial<GuardReport> = {}): GuardReport => ({
  hypothesis: "rol_1",
  logEvidence: 1,
  maxLogEvidence: 2,
  bound: 6,
  metrics: [{ name: "error_rate", logEvidence: 1, stable: 0, candidate: 0.1 }],
  samples: { stable: 100, candidate: 100 },
  errors: { stable: 0, candidate: 10 },
  closed: null,
  ...change,
});

const merged = (...routes: (RouteObservation | null)[]) =>
  mergedRoute(routes.map((route, index) => ({ gateway: `gateway-${index + 1}`, route })));

describe("what several gateways do for a route", () => {
  test("is nothing when none of them has it", () => {
    expect(merged(null, null)).toBeNull();
    expect(merged()).toBeNull();
  });

  test("has the oldest epoch, and none while one of them does not have the route", () => {
    expect(merged(observed(), observed({ epoch: 6 }))?.epoch).toBe(6);
    expect(merged(observed(), null)).toMatchObject({ epoch: 0, split: [] });
  });

  test("is a split when all do the same, and nobody's word while they differ", () => {
    expect(merged(observed(), observed())?.split).toEqual(HALF);
    expect(merged(observed(), observed({ split: [{ revision: 1, weight: 10_000 }] }))?.split).toEqual([]);
  });

  test("counts what all counted, keeps apart what each did, and relies on the fewest endpoints", () => {
    const route = merged(
      observed({ stats: [stats()], usable: [{ revision: 1, endpoints: 2 }] }),
      observed({
        stats: [
          stats({
            latency: [
              [40, 4],
              [50, 6],
            ],
          }),
          stats({ revision: 1 }),
        ],
        usable: [{ revision: 1, endpoints: 1 }],
      }),
    );
    expect(route?.stats).toEqual([
      stats({
        requests: 20,
        status: { "1xx": 0, "2xx": 18, "3xx": 0, "4xx": 0, "5xx": 2, failed: 0 },
        errors: 2,
        bytesIn: 200,
        bytesOut: 400,
        inFlight: 2,
        latency: [
          [40, 14],
          [50, 6],
        ],
      }),
      stats({ revision: 1 }),
    ]);
    expect(route?.usable).toEqual([{ revision: 1, endpoints: 1 }]);
    expect(route?.members?.map((member) => member.stats.length)).toEqual([1, 2]);
  });

  test("lets the guard with the most evidence speak, against its own bound and never against a sum", () => {
    const strong = guard({ logEvidence: 5, maxLogEvidence: 5 });
    expect(merged(observed({ guard: guard() }), observed({ guard: strong }))?.guard).toMatchObject({
      logEvidence: 5,
      maxLogEvidence: 5,
      bound: 6,
      samples: { stable: 200, candidate: 200 },
      errors: { stable: 0, candidate: 20 },
      metrics: [{ name: "error_rate", candidate: 0.1 }],
      closed: null,
    });
  });

  test("is closed as soon as one guard has closed, and says which gateway saw it", () => {
    const closed = { at: 5, metric: "error_rate", reason: "30 of 100 failed" };
    const route = merged(
      observed({ guard: guard({ closed: { ...closed, at: 9 } }) }),
      observed({ guard: guard({ closed }) }),
      observed({ guard: guard() }),
    );
    expect(route?.guard?.closed).toEqual({ ...closed, reason: "30 of 100 failed (seen by gateway-2)" });
  });

  test("leaves out the guard of a gateway that is still at another rollout", () => {
    const late = observed({ epoch: 3, guard: guard({ hypothesis: "rol_0", logEvidence: 9 }) });
    expect(merged(late, observed({ guard: guard() }))?.guard).toEqual(guard());
  });

  test("adds up what mirrors compared, and shows the slower quantiles", () => {
    const shadow = {
      hypothesis: "rol_1",
      compared: 10,
      skipped: 1,
      statusMismatches: 2,
      bodyMismatches: null,
      bodiesSkipped: 0,
      latencyMs: { stable: { p50: 1, p95: 2, p99: 3 }, candidate: null },
      examples: [],
    };
    const slow = { ...shadow, bodyMismatches: 3, latencyMs: { stable: { p50: 5, p95: 6, p99: 7 }, candidate: null } };
    expect(merged(observed({ shadow }), observed({ shadow: slow }))?.shadow).toEqual({
      ...slow,
      compared: 20,
      skipped: 2,
      statusMismatches: 4,
    });
  });
});
