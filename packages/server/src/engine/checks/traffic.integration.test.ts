import {
  inexpressible,
  type Placement,
  type PlaneWish,
  routeSchema,
  SluiceError,
  strategySchema,
  targetSchema,
} from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Candidate, CheckEnvironment } from "../checks.ts";
import { type CandidateFixture, candidateFixture, config, spec } from "./testing/candidate.fixture.ts";

let database: TestDatabase;
let fixture: CandidateFixture;

beforeAll(async () => {
  database = await testDatabase(2);
  fixture = await candidateFixture(database);
});
afterAll(async () => {
  await fixture.close();
  await database.close();
});

const inCluster = (traffic: object, rest: object = {}): Partial<Candidate> => ({
  ...spec({ image: "greeter:1" }),
  ...config({ replicas: 4 }),
  target: targetSchema.parse({ type: "kubernetes", traffic, ...rest }),
  route: routeSchema.parse({ path: "/greeter" }),
});
const asked: CheckEnvironment["traffic"] = async ({ target }: Placement, wish: PlaneWish) =>
  target.type === "kubernetes" ? inexpressible({ ...wish, traffic: target.traffic }) : [];

const told = async (change: Partial<Candidate>, traffic = asked): Promise<string[]> => {
  const results = await fixture.run(change, { targets: new Set(["kubernetes"]), traffic });
  return results
    .filter(({ name, passed }) => name.startsWith("traffic") && !passed)
    .map(({ name, severity, message }) => `${name} (${severity}): ${message}`);
};
const prometheus = { address: "http://127.0.0.1:9090", metrics: "envoy-gateway" };
const GATEWAY = { type: "gateway-api", gateway: { name: "web" } };

test("our gateway is asked nothing", async () => {
  expect(await told(inCluster({ type: "sluice" }))).toEqual([]);
});

test("a Gateway with a Prometheus can do a canary", async () => {
  expect(await told(inCluster(GATEWAY, { prometheus }))).toEqual([]);
});

test("what the data plane cannot do stops the rollout, and what it does less well is told", async () => {
  const replicas = await told({
    ...inCluster({ type: "replicas" }),
    strategy: strategySchema.parse({ type: "canary", initialPercentage: 5 }),
  });
  expect(replicas[0]).toMatch(/^traffic \(critical\): 5 % needs 19 replicas/);
  const shadow = { ...inCluster(GATEWAY, { prometheus }), strategy: strategySchema.parse({ type: "shadow" }) };
  expect(await told(shadow)).toEqual([expect.stringMatching(/^traffic \(medium\): copies are sent/)]);
});

test("traffic that nobody counts is told of, as gravely as the environment asks for", async () => {
  expect(await told(inCluster(GATEWAY))).toEqual([
    expect.stringMatching(/^traffic-metrics \(medium\): gateway-api deals the traffic and nobody counts it/),
  ]);
  expect(await told({ ...inCluster(GATEWAY), strategy: strategySchema.parse({ type: "immediate" }) })).toEqual([]);
});

test.each([
  [
    "averages of latency",
    { prometheus: { ...prometheus, metrics: "nginx-gateway-fabric" } },
    {},
    /latency is not judged/,
  ],
  ["coarse latencies", { prometheus }, { metrics: [{ name: "latency", nonInferiority: true }] }, /too coarse/],
])("%s are told of", async (_, rest, analysis, message) => {
  const strategy = strategySchema.parse({ type: "canary", analysis });
  expect(await told({ ...inCluster(GATEWAY, rest), strategy })).toEqual([expect.stringMatching(message)]);
});

test("a cluster that cannot be asked stops the rollout, in its own words", async () => {
  const gone = async () => {
    throw new SluiceError("unavailable", "Gateway infra/web: connection refused");
  };
  expect(await told(inCluster(GATEWAY, { prometheus }), gone)).toEqual([
    "traffic (critical): Gateway infra/web: connection refused",
  ]);
});
