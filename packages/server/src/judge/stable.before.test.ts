import type { RouteObservation } from "@sluice/core";
import { expect, test } from "vitest";
import { stableBefore } from "./stable.before.ts";

const ROLLOUT = { id: "rol_1", fromRevision: 1 };
const NONE = { requests: 0, errors: 0, warming: 0, latency: [] };

/** The gateway has counted 100 requests of revision 1, 5 of them errors; the guard of `hypothesis` 10 and 1 of these. */
const route = (hypothesis = "rol_1", revision = 1): RouteObservation => ({
  id: "dep_1",
  epoch: 1,
  split: [],
  usable: [],
  stats: [
    {
      revision,
      requests: 100,
      status: { "1xx": 0, "2xx": 95, "3xx": 0, "4xx": 0, "5xx": 5, failed: 0 },
      errors: 5,
      aborted: 0,
      bytesIn: 0,
      bytesOut: 0,
      inFlight: 0,
      latency: [
        [50, 60],
        [40, 40],
      ],
    },
  ],
  guard: null,
  counts: {
    hypothesis,
    period: 1,
    weight: 5_000,
    mirrored: false,
    candidate: NONE,
    stable: { requests: 10, errors: 1, warming: 0, latency: [[50, 9]] },
  },
});

test("what stable did before is all that was counted without what the guard counts in the rollout", () => {
  // Of 91 times that are left 86 are of good answers; nobody knows which, and the fastest are left out.
  const latency = [
    [40, 35],
    [50, 51],
  ];
  expect(stableBefore(route(), ROLLOUT)).toEqual({ requests: 90, errors: 4, warming: 0, latency });
});

test("what the guard of an earlier rollout counted is a part of it", () => {
  expect(stableBefore(route("rol_0"), ROLLOUT)).toMatchObject({ requests: 100, errors: 5 });
});

test("nothing is known without a route, without a stable, and of a revision that has never answered", () => {
  expect(stableBefore(null, ROLLOUT)).toBeNull();
  expect(stableBefore(route(), { ...ROLLOUT, fromRevision: null })).toBeNull();
  expect(stableBefore(route("rol_1", 7), ROLLOUT)).toBeNull();
});
