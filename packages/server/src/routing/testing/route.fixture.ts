import type { RouteConfig } from "@sluice/core";

/** A route at `/greeter` that gives everything to revision 1. */
export const ROUTE: RouteConfig = {
  id: "dep_1",
  project: "default",
  deployment: "greeter",
  epoch: 5,
  match: { path: "/greeter" },
  stripPrefix: true,
  stickiness: { by: "none" },
  timeouts: { connectMs: 1, responseMs: 1, idleMs: 1 },
  split: [{ revision: 1, weight: 10_000 }],
  pins: [],
  mirror: null,
  backends: [],
  guard: null,
};
