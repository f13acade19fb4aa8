import type { GatewaySnapshot, RouteObservation } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { createGatewayLink, type GatewayClient } from "./gateway.link.ts";
import { ROUTE as config } from "./testing/route.fixture.ts";

const observation = (epoch: number, change: Partial<RouteObservation> = {}): RouteObservation => ({
  id: "dep_1",
  epoch,
  split: [{ revision: 1, weight: 10_000 }],
  usable: [{ revision: 1, endpoints: 2 }],
  stats: [],
  guard: null,
  ...change,
});

const snapshot = (...routes: RouteObservation[]): GatewaySnapshot => ({
  gateway: "local",
  startedAt: 1,
  observedAt: 1,
  routes,
});

/** A gateway that says what it is told to. */
function scripted() {
  const waiting: GatewaySnapshot[] = [];
  let wake = (): void => undefined;
  let ended = false;
  const client: GatewayClient = {
    putRoute: async ({ epoch }) => observation(epoch),
    deleteRoute: async () => undefined,
    async *stream(signal) {
      signal.addEventListener("abort", () => wake());
      while (!ended && !signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
  return {
    client,
    async says(...routes: RouteObservation[]) {
      waiting.push(snapshot(...routes));
      wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
    ends() {
      ended = true;
      wake();
    },
  };
}

function listening() {
  const link = createGatewayLink();
  const gateway = scripted();
  const heard: string[] = [];
  let connections = 0;
  link.onRoute((deployment) => heard.push(deployment));
  link.onConnect(() => {
    connections += 1;
  });
  const stop = new AbortController();
  const followed = link.follow(gateway.client, stop.signal);
  return { link, gateway, heard, stop, followed, connections: () => connections };
}

describe("the link to a gateway", () => {
  test("knows what the gateway said last, and tells of a first connection", async () => {
    const { link, gateway, connections } = listening();
    expect(link.connected()).toBe(false);
    await gateway.says(observation(1));
    expect(link.connected()).toBe(true);
    expect(link.route("dep_1")?.epoch).toBe(1);
    expect(link.routes()).toEqual(["dep_1"]);
    await gateway.says(observation(2));
    expect(link.route("dep_1")?.epoch).toBe(2);
    expect(connections()).toBe(1);
  });

  test("rings for what was applied, closed, lost or removed, and not for every count", async () => {
    const { gateway, heard } = listening();
    const guard = {
      hypothesis: "rol_1",
      logEvidence: 1,
      maxLogEvidence: 1,
      bound: 5,
      metrics: [],
      samples: { stable: 1, candidate: 1 },
      errors: { stable: 0, candidate: 0 },
      closed: null,
    };
    await gateway.says(observation(1, { guard }));
    await gateway.says(observation(1, { guard: { ...guard, samples: { stable: 9, candidate: 9 } } }));
    expect(heard).toHaveLength(1);
    await gateway.says(
      observation(1, { guard: { ...guard, closed: { at: 1, metric: "error_rate", reason: "4 of 4" } } }),
    );
    expect(heard).toHaveLength(2);
    await gateway.says(observation(1, { usable: [{ revision: 1, endpoints: 1 }] }));
    await gateway.says();
    expect(heard.length).toBeGreaterThanOrEqual(4);
  });

  test("counts a configuration that was taken over at once, and an older snapshot not any more", async () => {
    const { link, gateway } = listening();
    await gateway.says(observation(4));
    await link.put(config);
    expect(link.route("dep_1")?.epoch).toBe(5);
    await gateway.says(observation(4));
    expect(link.route("dep_1")?.epoch).toBe(5);
  });

  test("knows nothing once the stream has ended, and refuses commands", async () => {
    const { link, gateway, followed } = listening();
    await gateway.says(observation(1));
    gateway.ends();
    await followed;
    expect(link.connected()).toBe(false);
    expect(link.route("dep_1")).toBeNull();
    await expect(link.put(config)).rejects.toMatchObject({ code: "unavailable" });
  });

  test("does not believe a gateway that has fallen silent", async () => {
    let now = 0;
    const link = createGatewayLink(() => now);
    const gateway = scripted();
    const stop = new AbortController();
    const followed = link.follow(gateway.client, stop.signal);
    await gateway.says(observation(1));
    expect(link.connected()).toBe(true);
    now = 2_500;
    expect(link.connected()).toBe(false);
    expect(link.route("dep_1")).toBeNull();
    stop.abort();
    await followed;
  });
});
