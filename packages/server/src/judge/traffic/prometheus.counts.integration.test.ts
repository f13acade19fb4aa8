import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createRollout,
  type PeriodCounts,
  type Rollout,
  type RouteObservation,
  splitBetween,
  strategySchema,
} from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createReadSlots } from "../read.slots.ts";
import type { TrafficMetrics } from "./arm.series.ts";
import { type Counted, PrometheusCounts } from "./prometheus.counts.ts";

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

const listen = (server: Server, port = 0): Promise<number> =>
  new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

const names = { namespace: "shop", route: "greeter-route", service: (revision: number) => `greeter-r${revision}` };

/** What each data plane would say of its two arms: series by the status of answers, and buckets of their times. */
const SPOKEN: Record<TrafficMetrics, (arm: "stable" | "candidate", status: "2" | "5", count: number) => string[]> = {
  "envoy-gateway": (arm, status, count) => {
    const cluster = `envoy_cluster_name="httproute/shop/greeter-route/rule/0/backend/${arm === "stable" ? 0 : 1}"`;
    const buckets =
      status === "5"
        ? []
        : [
            `envoy_cluster_upstream_rq_time_bucket{${cluster},le="10"} ${count}`,
            `envoy_cluster_upstream_rq_time_bucket{${cluster},le="+Inf"} ${count}`,
          ];
    return [`envoy_cluster_upstream_rq_xx{${cluster},envoy_response_code_class="${status}"} ${count}`, ...buckets];
  },
  istio: (arm, status, count) => {
    const to = `reporter="source",destination_service_name="greeter-r${arm === "stable" ? 1 : 2}",destination_service_namespace="shop",response_code="${status}00"`;
    return [
      `istio_requests_total{${to}} ${count}`,
      `istio_request_duration_milliseconds_bucket{${to},le="10"} ${count}`,
      `istio_request_duration_milliseconds_bucket{${to},le="+Inf"} ${count}`,
    ];
  },
  "nginx-gateway-fabric": (arm, status, count) => [
    `nginx_http_upstream_peer_responses_total{nginx_upstream_name="shop_greeter-r${arm === "stable" ? 1 : 2}_80",nginx_status_range="${status}xx"} ${count}`,
  ],
  "ingress-nginx": (arm, status, count) => {
    const canary = arm === "stable" ? "" : "shop-greeter-r2-80";
    const of = `namespace="shop",ingress="greeter-route",service="greeter-r1",canary="${canary}",status="${status}00"`;
    return [
      `nginx_ingress_controller_requests{${of}} ${count}`,
      `nginx_ingress_controller_response_duration_seconds_bucket{${of},le="0.01"} ${count}`,
      `nginx_ingress_controller_response_duration_seconds_bucket{${of},le="+Inf"} ${count}`,
    ];
  },
};

const rolloutAt = (weight: number): Rollout => {
  const { rollout } = createRollout(
    {
      ...{ id: "rol_1", project: "shop", deployment: "dep_1", artifact: "greeter", environment: "production" },
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse({ type: "canary" }),
      ...{ requiredApprovals: 0, fourEyes: false, triggeredBy: "test" },
    },
    0,
  );
  return { ...rollout, desired: { ...rollout.desired, split: splitBetween(1, 2, weight) } };
};
const routeAt = (epoch: number, weight: number): RouteObservation => ({
  ...{ id: "dep_1", epoch, usable: [], stats: [], guard: null },
  split: splitBetween(1, 2, weight),
});

describe.skipIf(!hasPrometheus)(
  `counts of a real Prometheus${hasPrometheus ? "" : " (skipped: no prometheus here; Debian's package has one)"}`,
  () => {
    let folder: string;
    let exporter: Server;
    let prometheus: ChildProcess;
    let address: string;
    /** Requests so far, of each arm; every tenth of the candidate's fails from the first failure on. */
    const served = { stable: 1_000, candidate: 500, failed: 0 };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sluice-counts-"));
      exporter = createServer((_request, response) => {
        const lines = Object.values(SPOKEN).flatMap((speak) => [
          ...speak("stable", "2", served.stable),
          ...speak("candidate", "2", served.candidate),
          ...(served.failed > 0 ? speak("candidate", "5", served.failed) : []),
        ]);
        response.setHeader("content-type", "text/plain; version=0.0.4").end(`${lines.join("\n")}\n`);
      });
      const target = await listen(exporter);
      const probe = createServer();
      const port = await listen(probe);
      await new Promise((resolve) => probe.close(resolve));
      address = `http://127.0.0.1:${port}`;
      const config = join(folder, "prometheus.yml");
      await writeFile(
        config,
        `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: proxy, static_configs: [{targets: ["127.0.0.1:${target}"]}]}]\n`,
      );
      const options = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
      prometheus = spawn("prometheus", [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
    });

    afterAll(async () => {
      const ended = new Promise((resolve) => prometheus.once("exit", resolve));
      prometheus.kill("SIGKILL");
      await ended;
      exporter.close();
      await rm(folder, { recursive: true, force: true });
    });

    const open = (metrics: TrafficMetrics, at = address): PrometheusCounts =>
      new PrometheusCounts({ address: at, metrics, names, slots: createReadSlots(), everyMs: 200 });

    /** Looks until what was counted is as it should be. */
    async function counts(
      reader: PrometheusCounts,
      epoch: number,
      weight: number,
      holds: (counts: PeriodCounts) => boolean,
    ): Promise<PeriodCounts> {
      let last: Counted | null = null;
      await expect
        .poll(
          () => {
            reader.look(Date.now(), rolloutAt(weight), routeAt(epoch, weight));
            last = reader.collect("rol_1");
            const [gateway] = last.gateways;
            return gateway !== undefined && holds(gateway.counts);
          },
          { message: `counts: ${JSON.stringify(last)}`, interval: 50 },
        )
        .toBe(true);
      const [gateway] = (last as Counted | null)?.gateways ?? [];
      if (gateway === undefined) throw new Error("there is one");
      reader.abort();
      return gateway.counts;
    }

    test.each(Object.keys(SPOKEN) as TrafficMetrics[])(
      "%s: what came in the period, of each arm, with its errors, and nothing from before",
      async (metrics) => {
        const reader = open(metrics);
        const failedBefore = served.failed;
        const grow = setInterval(() => {
          served.stable += 9;
          served.candidate += 1;
        }, 20);
        const enough = (found: PeriodCounts): boolean => found.stable.requests >= 90 && found.candidate.requests >= 10;
        const first = await counts(reader, 1, 1_000, enough);
        clearInterval(grow);
        served.failed += 7;
        const all = await counts(reader, 1, 1_000, ({ candidate }) => candidate.errors === 7);
        expect(served.failed - failedBefore).toBe(7);
        expect(all.period).toBe(first.period);
        expect(all).toMatchObject({ hypothesis: "rol_1", weight: 1_000, mirrored: false, stable: { errors: 0 } });
        expect(all.stable.requests).toBeLessThan(served.stable);
        // edge case 45
        expect(all.candidate.requests).toBeLessThan(500);
        const timed = all.stable.latency.reduce((sum, [, count]) => sum + count, 0);
        expect(timed).toBe(metrics === "nginx-gateway-fabric" ? 0 : all.stable.requests);
      },
    );

    test("another weight is another period, which begins with nothing", async () => {
      const reader = open("istio");
      served.stable += 50;
      const first = await counts(reader, 1, 1_000, () => true);
      const second = await counts(reader, 2, 5_000, () => true);
      expect(second.period).toBeGreaterThan(first.period);
      expect(second).toMatchObject({ weight: 5_000, candidate: { requests: 0 } });
      reader.look(Date.now(), rolloutAt(5_000), routeAt(0, 5_000));
      expect(reader.collect("rol_1").gateways).toEqual([]);
    });

    // edge case 25
    test("a Prometheus that is not there is a problem of it, and of no arm", async () => {
      const reader = open("istio", "http://127.0.0.1:1");
      let problem: Counted["problem"];
      await expect
        .poll(() => {
          reader.look(Date.now(), rolloutAt(1_000), routeAt(1, 1_000));
          problem = reader.collect("rol_1").problem ?? problem;
          return problem;
        })
        .toMatchObject({
          status: "provider_error",
          message: expect.stringMatching(/Prometheus at http:\/\/127.0.0.1:1 cannot be reached/),
        });
      reader.abort();
    });
  },
);
