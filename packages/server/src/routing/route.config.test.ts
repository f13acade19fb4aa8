import { routeSchema, type WorkloadStatus } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { routeConfigOf } from "./route.config.ts";
import { NO_TRAFFIC, type StoredRoute } from "./route.store.ts";

const route: StoredRoute = {
  deployment: "dep_1",
  settings: routeSchema.parse({ path: "/greeter", headers: { "X-Team": "a" } }),
  desired: {
    ...NO_TRAFFIC,
    split: [
      { revision: 1, weight: 9_500 },
      { revision: 2, weight: 500 },
    ],
  },
  epoch: 7,
};
const deployment = {
  placement: {
    ...{ target: { type: "process" as const }, project: "default", environment: "production" },
    ...{ name: "greeter", kind: "application" as const },
  },
  route,
  versions: new Map([
    [1, "1.0.0"],
    [2, "1.1.0"],
  ]),
};

function status(revision: number, states: WorkloadStatus["instances"][number]["state"][]): WorkloadStatus {
  return {
    deployment: "dep_1",
    revision,
    desired: states.length,
    verdict: "available",
    reason: null,
    instances: states.map((state, index) => ({
      id: `i${revision}${index}`,
      revision,
      state,
      address: { host: "127.0.0.1", port: 5_000 + revision * 10 + index },
      pid: 1,
      restarts: 0,
      startedAt: 0,
      readyAt: 0,
      reason: null,
    })),
  };
}

describe("what the gateway is told", () => {
  test("names ready instances only, in an order that does not change", () => {
    const statuses = [status(1, ["ready", "ready", "draining"]), status(2, ["starting", "ready", "crash_loop"])];
    const config = routeConfigOf(deployment, statuses);
    expect(config?.backends).toEqual([
      {
        revision: 1,
        version: "1.0.0",
        endpoints: [
          { id: "i10", host: "127.0.0.1", port: 5_010 },
          { id: "i11", host: "127.0.0.1", port: 5_011 },
        ],
      },
      { revision: 2, version: "1.1.0", endpoints: [{ id: "i21", host: "127.0.0.1", port: 5_021 }] },
    ]);
    expect(config).toMatchObject({ id: "dep_1", epoch: 7, match: { path: "/greeter", headers: { "x-team": "a" } } });
    expect(config?.match).not.toHaveProperty("host");
  });

  test("keeps a revision without a ready instance, so that callers get an answer that says so", () => {
    expect(routeConfigOf(deployment, [])?.backends.map((backend) => backend.endpoints)).toEqual([[], []]);
  });

  test("is nothing while nothing serves", () => {
    expect(routeConfigOf({ ...deployment, route: { ...route, desired: NO_TRAFFIC } }, [])).toBeNull();
  });

  test("also names revisions that only a mirror or a pin knows", () => {
    const desired = {
      ...NO_TRAFFIC,
      split: [{ revision: 1, weight: 10_000 }],
      mirror: { revision: 3, weight: 100 },
      pins: [{ revision: 2, headers: { beta: "yes" } }],
    };
    const config = routeConfigOf({ ...deployment, route: { ...route, desired } }, []);
    expect(config?.backends.map((backend) => backend.revision)).toEqual([1, 2, 3]);
  });

  test("names the header of regions, a preview and a comparison only where there is one", () => {
    const split = [{ revision: 1, weight: 10_000 }];
    const plain = routeConfigOf({ ...deployment, route: { ...route, desired: { ...NO_TRAFFIC, split } } }, []);
    expect(Object.keys(plain ?? {})).not.toEqual(expect.arrayContaining(["regionHeader"]));
    const desired = {
      ...NO_TRAFFIC,
      split,
      pins: [{ revision: 2, region: "eu" }],
      preview: { path: "/next", revision: 3 },
      compare: { hypothesis: "rol_1", bodies: "json" as const, ignore: ["/id"] },
    };
    const config = routeConfigOf({ ...deployment, route: { ...route, desired } }, [], { regionHeader: "x-edge" });
    expect(config).toMatchObject({ regionHeader: "x-edge", preview: desired.preview, compare: desired.compare });
    expect(config?.backends.map((backend) => backend.revision)).toEqual([1, 2, 3]);
  });
});
