import { LogHistogram, type ResourceUsage, type RouteObservation, type WorkloadStatus } from "@sluice/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type NotificationFixture, notificationFixture } from "./testing/notification.fixture.ts";
import type { TestReceiver } from "./testing/receiver.ts";

let fixture: NotificationFixture;
beforeAll(async () => {
  fixture = await notificationFixture();
});
afterAll(() => fixture.close());

/** What the world shows of every deployment: answers of this long, and instances that use this much. */
let answerMs: number | null;
let usage: Omit<ResourceUsage, "at"> | null;
const counted = new LogHistogram();
let requests = 0;
let stops: (() => Promise<void>)[] = [];
beforeEach(() => {
  answerMs = null;
  usage = null;
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  stops = [];
});

const live = {
  route: (id: string): RouteObservation | null => {
    if (answerMs === null) return null;
    for (let index = 0; index < 10; index += 1) counted.record(answerMs);
    requests += 10;
    const status = { "1xx": 0, "2xx": requests, "3xx": 0, "4xx": 0, "5xx": 0, failed: 0 };
    const counts = { requests, errors: 0, aborted: 0, bytesIn: 0, bytesOut: 0, inFlight: 0 };
    const stats = [{ revision: 1, ...counts, status, latency: counted.toSparse() }];
    return { id, epoch: 1, split: [], usable: [], stats, guard: null };
  },
  observe: async (deployment: string): Promise<WorkloadStatus[]> => {
    if (usage === null) return [];
    const instance = {
      ...{
        id: "i",
        revision: 1,
        state: "ready" as const,
        address: null,
        pid: 1,
        restarts: 0,
        startedAt: 0,
        readyAt: 0,
      },
      ...{ reason: null, usage: { ...usage, at: Date.now() } },
    };
    return [{ deployment, revision: 1, desired: 1, instances: [instance], verdict: "available", reason: null }];
  },
};

const watch = (): void => {
  stops.push(fixture.send({ live, capacity: { memoryMb: 1_000, cpuCores: 2 } }));
};
const told = ({ received }: TestReceiver) =>
  received.map(({ body }) => {
    const { state, alert, threshold } = body.data as Record<string, string>;
    return `${state} ${alert} (${threshold})`;
  });

test("the threshold response_time > 2.0s is one alert of performance_degradation for one breach, and its end is told", async () => {
  const receiver = await fixture.receiver();
  const { deployment } = await fixture.deployment("slow-app");
  const alerts = { performance_degradation: { enabled: true, threshold: "response_time > 2.0s", forSeconds: 0.5 } };
  await fixture.channel("latency", { url: receiver.url, alerts, filter: { deployment: "slow-app" } });
  answerMs = 100;
  watch();
  await expect.poll(() => requests).toBeGreaterThan(30);
  expect(receiver.received).toEqual([]);
  answerMs = 3_000;
  await expect.poll(() => told(receiver)).toEqual(["firing performance_degradation (response_time > 2.0s)"]);
  const [first] = receiver.received;
  expect(first?.body).toMatchObject({
    subject: deployment,
    data: { observed: expect.stringMatching(/^3(\.\d+)? s$/), severity: "warning" },
  });
  // A restart neither forgets nor repeats it.
  await stops.pop()?.();
  const before = requests;
  watch();
  await expect.poll(() => requests).toBeGreaterThan(before + 30);
  expect(receiver.received).toHaveLength(1);
  answerMs = 100;
  await expect
    .poll(() => told(receiver))
    .toEqual([
      "firing performance_degradation (response_time > 2.0s)",
      "resolved performance_degradation (response_time > 2.0s)",
    ]);
  const incidents = receiver.received.map(({ body }) => (body.data as { incident: string }).incident);
  expect(new Set(incidents).size).toBe(1);
});

test("the threshold cpu_usage > 90% is an alert of resource_exhaustion, of several servers told once, and over when the deployment stops", async () => {
  const receiver = await fixture.receiver();
  const { deployment } = await fixture.deployment("hungry-app");
  const alerts = { resource_exhaustion: { enabled: true, threshold: "cpu_usage > 90%", forSeconds: 0 } };
  await fixture.channel("usage", { url: receiver.url, alerts, filter: { deployment: "hungry-app" } });
  usage = { cpuCores: 1.95, rssBytes: 1 };
  watch();
  watch();
  await expect.poll(() => told(receiver)).toEqual(["firing resource_exhaustion (cpu_usage > 90%)"]);
  expect(receiver.received[0]?.body).toMatchObject({ data: { observed: "97.5 %", severity: "critical" } });
  usage = null;
  await fixture.database.db.updateTable("deployments").set({ stopped: true }).where("id", "=", deployment).execute();
  await expect.poll(() => told(receiver)).toHaveLength(2);
  expect(told(receiver)[1]).toBe("resolved resource_exhaustion (cpu_usage > 90%)");
});

test("a channel that is switched off, or disables an alert, is told nothing", async () => {
  const receiver = await fixture.receiver();
  const heard = await fixture.receiver();
  await fixture.deployment("unheard");
  const filter = { deployment: "unheard" };
  const threshold = { threshold: "memory_usage > 50%", forSeconds: 0 };
  await fixture.channel("off", {
    url: receiver.url,
    enabled: false,
    filter,
    alerts: { resource_exhaustion: threshold },
  });
  await fixture.channel("deaf", {
    url: receiver.url,
    filter,
    alerts: { resource_exhaustion: { ...threshold, enabled: false } },
  });
  await fixture.channel("other-figure", {
    url: receiver.url,
    filter,
    alerts: { resource_exhaustion: { ...threshold, threshold: "memory_usage > 99%" } },
  });
  await fixture.channel("on", { url: heard.url, filter, alerts: { resource_exhaustion: threshold } });
  usage = { cpuCores: 0, rssBytes: 600 * 1_048_576 };
  watch();
  await expect.poll(() => told(heard)).toEqual(["firing resource_exhaustion (memory_usage > 50%)"]);
  await expect.poll(async () => (await fixture.deliveries("on"))[0]?.status).toBe("delivered");
  expect(receiver.received).toEqual([]);
});
