import type { Backend, GuardConfig, RouteConfig } from "@sluice/core";

/** A backend of version 1.<revision>.0 with an endpoint at each port. */
export const backend = (revision: number, ...ports: number[]): Backend => ({
  revision,
  version: `1.${revision}.0`,
  endpoints: ports.map((port) => ({ id: `ins_${revision}_${port}`, host: "127.0.0.1", port })),
});

/** A route at `/` that gives everything to revision 1, which has no endpoints, unless told otherwise. */
export const routeConfig = (changes: Partial<RouteConfig> = {}): RouteConfig => ({
  id: "dep_1",
  project: "default",
  deployment: "greeter",
  epoch: 1,
  match: { path: "/" },
  stripPrefix: true,
  stickiness: { by: "none" },
  timeouts: { connectMs: 1_000, responseMs: 30_000, idleMs: 30_000 },
  split: [{ revision: 1, weight: 10_000 }],
  pins: [],
  mirror: null,
  backends: [backend(1)],
  guard: null,
  ...changes,
});

/** Stable is revision 1, the candidate revision 2. */
export const guardConfig = (changes: Partial<GuardConfig> = {}): GuardConfig => ({
  hypothesis: "rol_1/1",
  stable: 1,
  candidate: 2,
  alpha: 0.004,
  metrics: [
    { name: "error_rate", share: 0.625 },
    { name: "latency", share: 0.375 },
  ],
  closes: true,
  ...changes,
});

/** The split of revisions 1 and 2, with the candidate's weight in hundredths of a percent. */
export const split = (candidate: number) => [
  { revision: 1, weight: 10_000 - candidate },
  { revision: 2, weight: candidate },
];
