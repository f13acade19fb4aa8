import type { RouteConfig } from "@sluice/core";

/** A route at `/greeter` that gives everything to revision 1, unless told otherwise. */
export const routeConfig = (changes: Partial<RouteConfig> = {}): RouteConfig => ({
  id: "dep_1",
  project: "shop",
  deployment: "greeter",
  epoch: 7,
  match: { path: "/greeter" },
  stripPrefix: true,
  stickiness: { by: "none" },
  timeouts: { connectMs: 1_000, responseMs: 30_000, idleMs: 60_000 },
  split: [{ revision: 1, weight: 10_000 }],
  pins: [],
  mirror: null,
  backends: [],
  guard: null,
  ...changes,
});

/** Revision 1 is stable, 2 the candidate with this weight. */
export const splitOf = (weight: number) => [
  { revision: 1, weight: 10_000 - weight },
  { revision: 2, weight },
];

export const service = (revision: number): string => `greeter-x7k2m-r${revision}`;
