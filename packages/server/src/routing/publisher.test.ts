import { routeSchema, type WorkloadStatus } from "@sluice/core";
import pino from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { createSimulatedGateway, type SimulatedGateway } from "../engine/testing/simulated.gateway.ts";
import { createPublisher, type Publisher } from "./publisher.ts";
import type { RoutedDeployment } from "./route.config.ts";
import { NO_TRAFFIC } from "./route.store.ts";

let gateway: SimulatedGateway;
let statuses: WorkloadStatus[];
let publisher: Publisher;

const wish = (epoch: number, weight = 10_000): RoutedDeployment => ({
  placement: {
    ...{ target: { type: "process" }, project: "default", environment: "production" },
    ...{ name: "greeter", kind: "application" },
  },
  place: { runtime: { observe: async () => statuses }, plane: gateway },
  versions: new Map([[1, "1.0.0"]]),
  route: {
    deployment: "dep_1",
    settings: routeSchema.parse({ path: "/greeter" }),
    desired: { ...NO_TRAFFIC, split: weight === 0 ? null : [{ revision: 1, weight }] },
    epoch,
  },
});

const readyAt = (port: number): WorkloadStatus => ({
  deployment: "dep_1",
  revision: 1,
  desired: 1,
  verdict: "available",
  reason: null,
  instances: [
    {
      id: "i1",
      revision: 1,
      state: "ready",
      address: { host: "127.0.0.1", port },
      pid: 1,
      restarts: 0,
      startedAt: 0,
      readyAt: 0,
      reason: null,
    },
  ],
});

const ports = (): number[] | undefined =>
  gateway.config("dep_1")?.backends.flatMap((backend) => backend.endpoints.map((endpoint) => endpoint.port));

beforeEach(() => {
  gateway = createSimulatedGateway();
  statuses = [readyAt(5_000)];
  publisher = createPublisher({ planes: () => [gateway], logger: pino({ level: "silent" }) });
  gateway.onConnect(() => publisher.repeat(gateway));
});

describe("the publisher", () => {
  test("tells the gateway a route once, and again only when it differs", async () => {
    expect(await publisher.want(wish(1))).toBe(true);
    expect(await publisher.want(wish(1))).toBe(false);
    expect(await publisher.refresh("dep_1")).toBe(false);
    expect(await publisher.want(wish(2))).toBe(true);
    expect(gateway.config("dep_1")?.epoch).toBe(2);
  });

  test("follows an instance to its new port without being told of a new wish", async () => {
    await publisher.want(wish(1));
    statuses = [readyAt(6_000)];
    expect(await publisher.refresh("dep_1")).toBe(true);
    expect(ports()).toEqual([6_000]);
  });

  test("tells a gateway that began anew everything again", async () => {
    await publisher.want(wish(1));
    gateway.restart();
    await expect.poll(ports).toEqual([5_000]);
  });

  test("tells a gateway that came while a route was being told to the others", async () => {
    const told = Promise.withResolvers<void>();
    const epochs: number[] = [];
    gateway.put = async ({ epoch }) => {
      epochs.push(epoch);
      if (epochs.length === 1) await told.promise;
    };
    const wanted = publisher.want(wish(1));
    await expect.poll(() => epochs).toEqual([1]);
    publisher.repeat(gateway);
    told.resolve();
    await wanted;
    await expect.poll(() => epochs).toEqual([1, 1]);
  });

  test("does not tell one that began anew what another server has overtaken, and has somebody look", async () => {
    const outdated: string[] = [];
    let onDisk = 5;
    publisher = createPublisher({
      planes: () => [gateway],
      epochs: async () => new Map([["dep_1", onDisk]]),
      outdated: (deployment) => outdated.push(deployment),
      logger: pino({ level: "silent" }),
    });
    await publisher.want(wish(5));
    onDisk = 6;
    gateway.restart();
    await expect.poll(() => outdated).toEqual(["dep_1"]);
    expect(gateway.config("dep_1")).toBeNull();
  });

  test("refuses a wish that is older than the one at hand", async () => {
    await publisher.want(wish(5));
    await expect(publisher.want(wish(4))).rejects.toThrow(/epoch 4 is older than 5/);
    expect(gateway.config("dep_1")?.epoch).toBe(5);
  });

  test("takes the route away when nothing serves any more, and when the deployment is gone", async () => {
    await publisher.want(wish(1));
    expect(await publisher.want(wish(2, 0))).toBe(true);
    expect(gateway.config("dep_1")).toBeNull();
    await publisher.want(wish(3));
    expect(await publisher.forget("dep_1")).toBe(true);
    expect(gateway.config("dep_1")).toBeNull();
    expect(await publisher.forget("dep_1")).toBe(false);
  });

  test("tells again what the gateway did not take", async () => {
    const put = gateway.put;
    gateway.put = async () => {
      throw new Error("connection refused");
    };
    await expect(publisher.want(wish(1))).rejects.toThrow("connection refused");
    gateway.put = put;
    expect(await publisher.want(wish(1))).toBe(true);
  });
});
