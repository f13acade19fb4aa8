import { SluiceError, type Target, targetSchema } from "@sluice/core";
import pino from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { type Connection, createTargets, type Place, type Targets } from "./targets.ts";
import { createSimulatedGateway } from "./testing/simulated.gateway.ts";
import { createSimulatedRuntime } from "./testing/simulated.runtime.ts";

const gateway = createSimulatedGateway();
const own = createSimulatedGateway();
const here = createSimulatedRuntime();
const there = createSimulatedRuntime();
const logger = pino({ level: "silent" });

let asked: string[];
let closed: number;
let answer: () => Promise<Connection>;
let targets: Targets;

const cluster = (input: object = {}): Target => targetSchema.parse({ type: "kubernetes", ...input });
const byRoutes = { traffic: { type: "gateway-api", gateway: { name: "front" } } };

beforeEach(() => {
  asked = [];
  closed = 0;
  answer = async () => ({
    runtime: there,
    plane: own,
    close: async () => {
      closed += 1;
    },
  });
  const kubernetes = (target: Target): Promise<Connection> => {
    asked.push(target.type === "kubernetes" ? (target.context ?? "current") : target.type);
    return answer();
  };
  targets = createTargets({ gateway, local: new Map([["process", here]]), connect: { kubernetes }, logger });
});

describe("the places of targets", () => {
  test("are this machine and our gateway without any connection", async () => {
    expect(await targets.at({ type: "process" })).toEqual({ runtime: here, plane: gateway });
    expect(await targets.at({ type: "none" })).toEqual({ runtime: null, plane: gateway });
    expect(asked).toEqual([]);
  });

  test("are connected to once for all that are reached in the same way", async () => {
    const [first, second] = await Promise.all([targets.at(cluster()), targets.at(cluster({ namespace: "other" }))]);
    expect(first.runtime).toBe(second.runtime);
    await targets.at(cluster({ context: "west" }));
    expect(asked).toEqual(["current", "west"]);
  });

  test("deal callers by the cluster's own means only where the target says so", async () => {
    expect((await targets.at(cluster())).plane).toBe(gateway);
    expect((await targets.at(cluster(byRoutes))).plane).toBe(own);
    expect(targets.planes()).toEqual([gateway, own]);
  });

  test("are asked for again after a failure, which says why", async () => {
    const works = answer;
    answer = () => Promise.reject(new SluiceError("unavailable", "connection refused"));
    await expect(targets.at(cluster())).rejects.toMatchObject({ code: "unavailable", message: "connection refused" });
    answer = works;
    expect((await targets.at(cluster())).runtime).toBe(there);
  });

  test("of a type that nothing here reaches are refused by name", async () => {
    await expect(targets.at(targetSchema.parse({ type: "docker" }))).rejects.toThrow(/no target of type docker/);
  });

  test("are told to listeners, whether they were opened before or are opened later", async () => {
    const told: Place[] = [];
    targets.onOpen((place) => told.push(place));
    expect(told).toEqual([{ runtime: here, plane: gateway }]);
    await targets.at(cluster());
    expect(told.at(-1)).toEqual({ runtime: there, plane: own });
    const late: Place[] = [];
    targets.onOpen((place) => late.push(place));
    expect(late).toHaveLength(2);
  });

  test("are left in the end, each once", async () => {
    await targets.at(cluster());
    await targets.at(cluster());
    await targets.close();
    expect(closed).toBe(1);
  });
});
