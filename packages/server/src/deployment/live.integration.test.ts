import type { LogLine, LogQuery, RouteObservation, WorkloadStatus } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Live } from "../engine/live.ts";
import { nothingLive, type TestApp, testApp } from "../testing/app.ts";
import { addGreeter, bodyOf } from "./testing/delivery.fixture.ts";

const asked: LogQuery[] = [];
let statuses: WorkloadStatus[] = [];
let observed: RouteObservation | null = null;

const live: Live = {
  ...nothingLive,
  observe: async () => statuses,
  route: () => observed,
  async *logs(query): AsyncIterable<LogLine> {
    asked.push(query);
    yield { instance: "i-1", stream: "stdout", text: "listening", at: 1_000, next: "~abcdefgh=a" };
    yield { instance: "i-1", stream: "stderr", text: "line: with, anything\tin it", at: null };
  },
};

let api: TestApp;
let id: string;
beforeAll(async () => {
  api = await testApp({ live });
  await addGreeter(api);
  const { body } = await api.ask("POST", "/v1/deployments", { body: bodyOf("live") });
  id = (body as { deployment: { id: string } }).deployment.id;
  statuses = [
    {
      ...{ deployment: id, revision: 1, desired: 2, verdict: "failed", reason: "exits at once" },
      instances: [
        {
          ...{ id: "i-1", revision: 1, state: "ready", address: { host: "::1", port: 4001 }, pid: 7, restarts: 2 },
          ...{ startedAt: 0, readyAt: 1_000, reason: null },
          usage: { rssBytes: 50_000_000, cpuCores: 0.25, at: 2_000 },
        },
      ],
    },
  ];
});
afterAll(() => api.close());

test("instances come with their state, their times, what they use and why they are not ready", async () => {
  expect((await api.ask("GET", `/v1/deployments/${id}/instances`)).body).toEqual({
    items: [
      {
        ...{ id: "i-1", revision: 1, state: "ready", address: { host: "::1", port: 4001 }, pid: 7, restarts: 2 },
        ...{ startedAt: "1970-01-01T00:00:00.000Z", readyAt: "1970-01-01T00:00:01.000Z", reason: null },
        usage: { rssBytes: 50_000_000, cpuCores: 0.25, at: "1970-01-01T00:00:02.000Z" },
      },
    ],
    nextCursor: null,
  });
  expect((await api.ask("GET", `/v1/deployments/${id}`)).body).toMatchObject({
    endpoints: { internal: "http://[::1]:4001" },
  });
});

test("logs are text, and Server-Sent Events to whoever follows", async () => {
  const text = await api.ask("GET", `/v1/deployments/${id}/logs?tail=5&instance=i-1`);
  expect(text.headers["content-type"]).toContain("text/plain");
  expect(text.text).toBe("i-1 listening\ni-1 line: with, anything\tin it\n");
  expect(asked.at(-1)).toMatchObject({ deployment: id, tail: 5, instance: "i-1", follow: false });

  const stream = await api.ask("GET", `/v1/deployments/${id}/logs?follow=true&revision=1`);
  expect(stream.headers["content-type"]).toContain("text/event-stream");
  expect(stream.text).toContain(
    `id: ${id}:~abcdefgh=a\nevent: log\n` +
      'data: {"instance":"i-1","stream":"stdout","text":"listening","at":"1970-01-01T00:00:01.000Z"}\n\n',
  );
  expect(stream.text).toMatch(/event: end\ndata: \{\}\n\n$/);
  expect(asked.at(-1)).toMatchObject({ follow: true, revision: 1, tail: 100 });
});

test("the times of lines are told in text to whoever asks", async () => {
  const { text } = await api.ask("GET", `/v1/deployments/${id}/logs?timestamps=true`);
  expect(text).toBe("1970-01-01T00:00:01.000Z i-1 listening\n- i-1 line: with, anything\tin it\n");
});

test("whoever comes back goes on behind the line that was seen last", async () => {
  const headers = { "last-event-id": `${id}:~abcdefgh=7` };
  await api.ask("GET", `/v1/deployments/${id}/logs?follow=true`, { headers });
  expect(asked.at(-1)).toMatchObject({ from: "~abcdefgh=7" });
  const refused = await api.ask("GET", `/v1/deployments/${id}/logs?follow=true`, {
    headers: { "last-event-id": "1-7" },
  });
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: "headers.last-event-id" }] } });
});

test.each([
  ["tail=-1", "query.tail"],
  ["follow=maybe", "query.follow"],
  ["revision=one", "query.revision"],
  ["lines=5", "query.lines"],
])("logs?%s is refused at its parameter", async (query, field) => {
  expect(await api.ask("GET", `/v1/deployments/${id}/logs?${query}`)).toMatchObject({
    status: 400,
    body: { errors: [{ field }] },
  });
});

test("logs of a revision without instances are not found", async () => {
  expect(await api.ask("GET", `/v1/deployments/${id}/logs?revision=9`)).toMatchObject({ status: 404 });
});

test("metrics are the gateway's counts by revision, with quantiles in milliseconds", async () => {
  expect((await api.ask("GET", `/v1/deployments/${id}/metrics`)).body).toEqual({
    ...{ deployment: id, observed: false, revisions: [] },
  });
  const status = { "1xx": 0, "2xx": 97, "3xx": 0, "4xx": 0, "5xx": 2, failed: 1 };
  observed = {
    ...{ id, epoch: 1, split: [{ revision: 1, weight: 10_000 }], usable: [], guard: null },
    stats: [
      {
        revision: 1,
        requests: 100,
        status,
        errors: 3,
        aborted: 4,
        bytesIn: 5,
        bytesOut: 6,
        inFlight: 1,
        latency: [
          [10, 90],
          [40, 9],
          [60, 1],
        ],
      },
      {
        ...{ revision: 2, requests: 0, errors: 0, aborted: 0, bytesIn: 0, bytesOut: 0, inFlight: 0, latency: [] },
        status: { ...status, "2xx": 0 },
      },
    ],
  };
  const { body } = await api.ask("GET", `/v1/deployments/${id}/metrics`);
  expect(body).toMatchObject({
    observed: true,
    revisions: [
      { revision: 1, requests: 100, errors: 3, errorRate: 0.03, status: { "5xx": 2, failed: 1 }, inFlight: 1 },
      { revision: 2, errorRate: null, latencyMs: { p50: null, p90: null, p99: null } },
    ],
  });
  const { p50, p99 } = (body as { revisions: { latencyMs: { p50: number; p99: number } }[] }).revisions[0]
    ?.latencyMs ?? {
    p50: 0,
    p99: 0,
  };
  expect(p50).toBeLessThan(p99);
  observed = null;
});

test("a promoted revision that is broken makes the deployment failed, and the list finds it by that", async () => {
  await api.database.pool.query("update deployments set stable_revision = 1");
  await api.database.pool.query("update rollouts set active = false");
  expect((await api.ask("GET", `/v1/deployments/${id}`)).body).toMatchObject({ status: "failed" });
  for (const [status, found] of [
    ["failed", 1],
    ["running", 0],
  ] as const) {
    const { items } = (await api.ask("GET", `/v1/deployments?status=${status}`)).body as { items: unknown[] };
    expect(items).toHaveLength(found);
  }
});

test("the list filters by artifact, kind, name and label, and pages newest first", async () => {
  for (const [name, labels] of [
    ["one", { team: "a" }],
    ["two", { team: "a", tier: "1" }],
    ["three", { team: "b" }],
  ] as const) {
    await api.ask("POST", "/v1/deployments", { body: { ...bodyOf(name), labels } });
  }
  const names = async (query: string): Promise<string[]> => {
    const { items } = (await api.ask("GET", `/v1/deployments?${query}`)).body as { items: { name: string }[] };
    return items.map((item) => item.name);
  };
  expect(await names("label=team=a")).toEqual(["two", "one"]);
  expect(await names("label=team=a&label=tier=1")).toEqual(["two"]);
  expect(await names("artifact=greeter&kind=application&environment=development&limit=2")).toEqual(["three", "two"]);
  expect(await names("kind=prompt")).toEqual([]);
  expect(await names("artifact=ghost")).toEqual([]);
  const first = (await api.ask("GET", "/v1/deployments?limit=2")).body as { nextCursor: string };
  expect(await names(`limit=2&cursor=${first.nextCursor}`)).toEqual(["one", "live"]);
  expect(await api.ask("GET", "/v1/deployments?status=broken")).toMatchObject({ status: 400 });
  expect(await api.ask("GET", "/v1/deployments?cursor=nonsense!")).toMatchObject({ status: 400 });
});
