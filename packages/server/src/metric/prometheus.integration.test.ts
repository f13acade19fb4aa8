import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../testing/free.port.ts";
import type { MetricQuestion, MetricReading } from "./metric.source.ts";
import { prometheusSource } from "./prometheus.source.ts";

/** The binary of Debian's package, or wherever the PATH has one. */
const BINARY = ["prometheus", "/usr/bin/prometheus", "/usr/local/bin/prometheus", "/opt/prometheus/prometheus"].find(
  (path) => spawnSync(path, ["--version"]).status === 0,
);
const WITHIN_MS = 50_000;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

describe.skipIf(BINARY === undefined)(
  `a real Prometheus${BINARY === undefined ? " (skipped: no prometheus here; Debian's package has one)" : ""}`,
  () => {
    let folder: string;
    let target: Server;
    let prometheus: ChildProcess;
    let address: string;
    const since = Date.now();

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sluice-prometheus-"));
      target = createServer((_request, response) => {
        response.setHeader("content-type", "text/plain; version=0.0.4");
        response.end('# TYPE load gauge\nload{revision="1"} 1\nload{revision="2"} 5\nload{revision="2",pod="b"} 6\n');
      });
      const targetPort = await listen(target);
      const port = await freePort();
      address = `http://127.0.0.1:${port}`;
      const config = join(folder, "prometheus.yml");
      await writeFile(
        config,
        `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: app, static_configs: [{targets: ["127.0.0.1:${targetPort}"]}]}]\n`,
      );
      const options = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
      prometheus = spawn(BINARY ?? "", [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
    });
    afterAll(async () => {
      const ended = new Promise((resolve) => prometheus.once("exit", resolve));
      prometheus.kill("SIGKILL");
      await ended;
      target.close();
      await rm(folder, { recursive: true, force: true });
    });

    const ask = (query: string, changes: Partial<MetricQuestion> = {}): Promise<MetricReading> => {
      const revision = changes.labels?.revision ?? "1";
      const question: MetricQuestion = {
        metric: "load",
        labels: { revision, version: "1.0.0", deployment: "greeter", environment: "production" },
        deploymentId: "dep_1",
        revision: Number(revision),
        versionId: "ver_1",
        compared: true,
        single: false,
        intervalSeconds: 1,
        since,
        now: Date.now(),
        cursor: null,
        ...changes,
      };
      const reader = prometheusSource({ type: "prometheus", address, query, headers: {}, timeoutSeconds: 10 });
      return reader.read(question, new AbortController().signal);
    };

    async function eventually(query: string, holds: (reading: MetricReading) => boolean, single = false) {
      const deadline = Date.now() + WITHIN_MS;
      for (;;) {
        const reading = await ask(query, { single });
        if (holds(reading)) return reading;
        if (Date.now() > deadline) throw new Error(`not in time; the last reading: ${JSON.stringify(reading)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }

    const QUERY = 'load{revision="{{revision}}"}';

    test("answers ranges and instants, each arm its own", async () => {
      const { outcome, cursor } = await eventually(QUERY, ({ outcome: found }) => found.kind === "values");
      expect(outcome.kind === "values" && new Set(outcome.values)).toEqual(new Set([1]));
      expect((await ask(QUERY, { single: true })).outcome).toEqual({ kind: "values", values: [1] });
      const later = await ask(QUERY, { cursor, now: Date.now() + 1_000 });
      expect(later.outcome.kind === "values" || later.outcome.kind === "no_data").toBe(true);
      expect(Number(later.cursor)).toBeGreaterThanOrEqual(Number(cursor));
    });

    // edge cases 26 and 32
    test.each([
      [
        "two series",
        'load{revision=~"2|{{revision}}9"}',
        false,
        "invalid",
        /2 series: load\{.*\}, load\{.*; allowed: exactly one/,
      ],
      ["a range vector", 'load{revision="{{revision}}"}[1m]', true, "invalid", /range vector/],
      ["a query that is none", 'load{revision="{{revision}}"', false, "invalid", /bad_data/],
      ["nothing", 'nothing{revision="{{revision}}"}', true, "no_data", /answers nothing/],
      ["0/0", 'load{revision="{{revision}}"} * 0 / 0', true, "no_data", /NaN/],
      ["1/0", 'load{revision="{{revision}}"} / 0', true, "invalid", /Infinity/],
    ] as const)("types %s", async (_, query, single, kind, message) => {
      await eventually(QUERY, ({ outcome: found }) => found.kind === "values");
      const { outcome } = await eventually(query, ({ outcome: found }) => found.kind === kind, single);
      expect(outcome).toEqual({ kind, message: expect.stringMatching(message) });
    });
  },
);
