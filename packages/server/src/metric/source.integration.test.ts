import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MetricSource, metricSourceSchema } from "@sluice/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { insertArtifact, insertDelivery, insertDeployment } from "../engine/testing/delivery.ts";
import { insertEvaluation } from "../evaluation/evaluation.store.ts";
import { readPatiently } from "../judge/patient.read.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import type { MetricQuestion } from "./metric.source.ts";
import { sourceReader } from "./source.choice.ts";

let api: TestApp;
let root: string;
const servers: Server[] = [];

beforeAll(async () => {
  api = await testApp();
  root = await mkdtemp(join(tmpdir(), "sluice-metric-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await api.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const NOW = 1_800_000_000_000;
const SIGNAL = new AbortController().signal;

const question = (changes: Partial<MetricQuestion> = {}): MetricQuestion => ({
  metric: "load",
  labels: { revision: "2", version: "1.1.0", deployment: "greeter", environment: "production" },
  deploymentId: "dep_1",
  revision: 2,
  versionId: "ver_1",
  compared: true,
  single: false,
  intervalSeconds: 10,
  since: NOW - 60_000,
  now: NOW,
  cursor: null,
  ...changes,
});

const reader = (source: object) =>
  sourceReader(metricSourceSchema.parse(source) as MetricSource, { db: api.database.db, root });
const read = (source: object, changes: Partial<MetricQuestion> = {}) => reader(source).read(question(changes), SIGNAL);

describe("Prometheus' API", () => {
  /** A server that speaks it, of one series whose value is the time in seconds since the judging began. */
  async function prometheus(asked: URLSearchParams[] = []): Promise<string> {
    return serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
      asked.push(searchParams);
      response.setHeader("content-type", "application/json");
      const number = (name: string): number => Number(searchParams.get(name));
      if (pathname === "/api/v1/query") {
        const result = [{ metric: {}, value: [number("time"), "7"] }];
        return response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
      }
      const values: [number, string][] = [];
      for (let at = number("start"); at <= number("end"); at += number("step"))
        values.push([at, String(at - NOW / 1_000 + 60)]);
      const result = [{ metric: {}, values }];
      response.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
    });
  }
  const source = (address: string) => ({ type: "prometheus", address, query: 'load{revision="{{revision}}"}' });

  // edge case 27
  test("is read from where the last reading ended, up to the last window that is complete", async () => {
    const asked: URLSearchParams[] = [];
    const address = await prometheus(asked);
    const first = await read(source(address));
    expect(first).toEqual({
      outcome: { kind: "values", values: [10, 20, 30, 40, 50] },
      cursor: String(NOW / 1_000 - 10),
    });
    const { cursor } = first;
    expect(await read(source(address), { cursor })).toEqual({ outcome: { kind: "values", values: [] }, cursor });
    const later = await read(source(address), { cursor, now: NOW + 20_000 });
    expect(later.outcome).toEqual({ kind: "values", values: [60, 70] });
    // edge case 32
    expect(asked.map((parameters) => parameters.get("query"))).toEqual(['load{revision="2"}', 'load{revision="2"}']);
  });

  test("gives a plain limit one figure as of now", async () => {
    const address = await prometheus();
    expect((await read(source(address), { single: true })).outcome).toEqual({ kind: "values", values: [7] });
  });

  // edge case 32
  test("is not asked for what would measure both arms alike", async () => {
    const address = await prometheus();
    const alike = { ...source(address), query: "load" };
    expect((await read(alike)).outcome).toMatchObject({
      kind: "invalid",
      message: expect.stringMatching(/measured alike/),
    });
    expect((await read(alike, { compared: false, single: true })).outcome.kind).toBe("values");
    const labels = { ...question().labels, revision: "" };
    expect((await read(source(address), { labels })).outcome).toMatchObject({
      message: expect.stringMatching(/is empty/),
    });
  });

  // edge case 25
  test.each([
    ["refuses", (response: ServerResponse) => response.writeHead(503).end("no"), /answered 503/],
    ["breaks off", (response: ServerResponse) => response.destroy(), /cannot be reached/],
    ["never answers", () => undefined, /gave no answer within 0.3 s/],
  ])("that %s is unavailable, and its address is named without secrets", async (_, answer, message) => {
    const address = await serve((_request, response) => void answer(response));
    const secret = address.replace("http://", "http://user:hidden@");
    const reading = await read({ ...source(secret), timeoutSeconds: 0.3 });
    expect(reading.outcome).toMatchObject({ kind: "unavailable", message: expect.stringMatching(message) });
    expect(JSON.stringify(reading)).not.toMatch(/hidden/);
  });

  test("that answers without end is cut off", async () => {
    const address = await serve((_request, response) => {
      const block = Buffer.alloc(1_048_576, 32);
      const pour = (): void => {
        while (!response.destroyed && response.write(block));
      };
      response.on("drain", pour);
      pour();
    });
    const { outcome } = await read({ ...source(address), timeoutSeconds: 30 });
    expect(outcome).toMatchObject({ kind: "unavailable", message: expect.stringMatching(/more than 8388608 bytes/) });
  });

  // edge case 25
  test("is asked again a few times before a reading has failed", async () => {
    let requests = 0;
    const address = await serve((_request, response) => {
      requests += 1;
      response.writeHead(requests < 3 ? 503 : 200, { "content-type": "application/json" });
      const data = { resultType: "vector", result: [{ metric: {}, value: [1, "1"] }] };
      response.end(JSON.stringify({ status: "success", data }));
    });
    const asked = reader(source(address));
    const reading = await readPatiently(asked, question({ single: true }), SIGNAL, [1, 1]);
    expect([reading.outcome, requests]).toEqual([{ kind: "values", values: [1] }, 3]);
    requests = -10;
    expect((await readPatiently(asked, question({ single: true }), SIGNAL, [1, 1])).outcome.kind).toBe("unavailable");
    expect(requests).toBe(-7);
  });

  test("is left at once when the reading is abandoned", async () => {
    const arrived = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const address = await serve((request) => {
      request.socket.once("close", () => left.resolve());
      arrived.resolve();
    });
    const stop = new AbortController();
    const reading = reader({ ...source(address), timeoutSeconds: 60 }).read(question(), stop.signal);
    await arrived.promise;
    stop.abort();
    await expect(reading).rejects.toThrow();
    await left.promise;
  });
});

describe("a webhook", () => {
  test("is asked for each arm, and answers at a path", async () => {
    const address = await serve(({ url, headers }, response) =>
      response.end(JSON.stringify({ found: [url, headers["x-arm"]].length, value: 3 })),
    );
    const source = {
      type: "webhook",
      url: `${address}/{{version}}`,
      headers: { "x-arm": "{{revision}}" },
      jsonPath: "$.value",
      // No whole number of milliseconds.
      timeoutSeconds: 30.0001,
    };
    expect((await read(source)).outcome).toEqual({ kind: "values", values: [3] });
  });

  test.each([
    [404, "no_data"],
    [204, "no_data"],
    [500, "unavailable"],
    [302, "unavailable"],
  ])("that answers %d has %s", async (status, kind) => {
    const address = await serve((_request, response) => response.writeHead(status).end());
    expect((await read({ type: "webhook", url: `${address}/{{revision}}` })).outcome.kind).toBe(kind);
  });
});

describe("a file", () => {
  test("is read on from where the last reading ended, and anew when it became shorter", async () => {
    const path = "load-{{revision}}.csv";
    await writeFile(join(root, "load-2.csv"), "value\n1\n2\n");
    const first = await read({ type: "file", path });
    expect(first).toEqual({ outcome: { kind: "values", values: [1, 2] }, cursor: "2" });
    await writeFile(join(root, "load-2.csv"), "value\n1\n2\n3\n4");
    const second = await read({ type: "file", path }, { cursor: first.cursor });
    expect(second).toEqual({ outcome: { kind: "values", values: [3] }, cursor: "3" });
    expect((await read({ type: "file", path }, { cursor: "3" })).outcome).toEqual({ kind: "values", values: [] });
    await writeFile(join(root, "load-2.csv"), "value\n9\n");
    expect(await read({ type: "file", path }, { cursor: "3" })).toEqual({
      outcome: { kind: "values", values: [9] },
      cursor: "1",
    });
  });

  test("outside of the root folder is refused, however it is reached", async () => {
    const labels = { ...question().labels, version: "../../etc" };
    const climbing = await read({ type: "file", path: "{{version}}/passwd" }, { labels });
    expect(climbing.outcome.kind).not.toBe("values");
    expect((await read({ type: "file", path: "/etc/passwd?{{revision}}" })).outcome.kind).not.toBe("values");
    await symlink("/etc/passwd", join(root, "link-2.csv"));
    expect((await read({ type: "file", path: "link-{{revision}}.csv" })).outcome).toEqual({
      kind: "invalid",
      message: "link-2.csv is outside of the server's root folder",
    });
  });

  test("that is a pipe or a folder is refused, and nobody waits for a writer", async () => {
    const pipe = join(root, "pipe-2.csv");
    execFileSync("sh", ["-c", 'mkfifo "$0"', pipe]);
    await mkdir(join(root, "folder-2.csv"));
    for (const name of ["pipe", "folder"]) {
      expect((await read({ type: "file", path: `${name}-{{revision}}.csv` })).outcome).toEqual({
        kind: "invalid",
        message: `${name}-2.csv is no file; allowed: a CSV or JSON file`,
      });
    }
  });

  test("that does not exist yet is no data", async () => {
    expect((await read({ type: "file", path: "none-{{revision}}.json" })).outcome.kind).toBe("no_data");
  });
});

describe("evaluations and live scores", () => {
  test("are read once each, of their own version and revision", async () => {
    const { db } = api.database;
    const artifactId = await insertArtifact(db);
    const deployment = await insertDeployment(db, artifactId, "scored");
    await insertDelivery(db, { artifactId, deployment, version: "1.0.0", strategy: { type: "immediate" } });
    const { version_id: versionId } = await db
      .selectFrom("revisions")
      .select("version_id")
      .where("deployment_id", "=", deployment)
      .executeTakeFirstOrThrow();
    const at = new Date();
    const evaluate = (id: string, dataset: string, metrics: Record<string, number>) =>
      insertEvaluation(db, {
        ...{ id, project: "default", versionId, dataset, metrics, sampleCount: 10, source: "test", details: {} },
        ...{ startedAt: null, finishedAt: at, recordedAt: at, recordedBy: "test" },
      });
    await evaluate("evl_1", "faq", { quality: 0.9 });
    await evaluate("evl_2", "other", { quality: 0.5, cost: 3 });
    const post = await api.ask("POST", `/v1/deployments/${deployment}/scores`, {
      body: { metric: "quality", revision: 1, scores: [0.25, 1] },
    });
    expect(post).toMatchObject({ status: 202, body: { recorded: 2, revision: 1 } });

    const asked = { metric: "quality", deploymentId: deployment, revision: 1, versionId, since: at.getTime() - 1_000 };
    const now = Date.now() + 10_000;
    const first = await read({ type: "evaluations" }, { ...asked, now });
    expect(first.outcome).toEqual({ kind: "values", values: [0.9, 0.5, 0.25, 1] });
    expect((await read({ type: "evaluations" }, { ...asked, now, cursor: first.cursor })).outcome).toEqual({
      kind: "values",
      values: [],
    });
    expect((await read({ type: "evaluations", dataset: "faq" }, { ...asked, now })).outcome).toEqual({
      kind: "values",
      values: [0.9],
    });
    // edge case 32
    const other = await read({ type: "evaluations" }, { ...asked, now, revision: 2, versionId: "ver_other" });
    expect(other.outcome).toMatchObject({ kind: "no_data", message: expect.stringMatching(/no evaluation or score/) });
  });

  test.each([
    [{ metric: "quality", revision: 1, scores: [0.5, 1.5] }, /scores\[1\] is 1.5; allowed: at most 1/],
    [{ metric: "quality", revision: 1, scores: [-1] }, /scores\[0\] is -1; allowed: at least 0/],
    [{ metric: "quality", revision: 1, scores: [] }, /scores is \[\]; allowed: at least 1/],
    [{ metric: "quality", revision: 1, scores: new Array(1_001).fill(1) }, /allowed: at most 1000/],
    [{ metric: "Quality!", revision: 1, scores: [1] }, /metric is "Quality!"; allowed: lower-case letters/],
    [{ metric: "quality", scores: [1] }, /revision is missing; allowed: the number of a revision/],
    [{ metric: "quality", revision: 99, scores: [1] }, /revision is 99; allowed: a revision of this deployment/],
    [
      { metric: "quality", version: "7.0.0", scores: [1] },
      /version is "7.0.0"; allowed: a version that this deployment has run/,
    ],
  ])("are refused with the field, the value and what is allowed: %j", async (body, message) => {
    const answer = await api.ask("POST", "/v1/deployments/scored/scores", { body });
    expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringMatching(message) } });
  });
});
