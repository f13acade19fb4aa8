import type { TrafficNames } from "@sluice/runtimes";
import { describe, expect, test } from "vitest";
import { READINGS, type TrafficMetrics } from "./arm.series.ts";

const names: TrafficNames = {
  namespace: "shop",
  route: "greeter-x7k2m-route",
  service: (revision) => `greeter-x7k2m-r${revision}`,
};
const both = [
  { revision: 1, weight: 9_000 },
  { revision: 2, weight: 1_000 },
];
const seriesOf = (metrics: TrafficMetrics, revision: number, split = both, pins: { revision: number }[] = []) =>
  READINGS[metrics].series({ names, desired: { split, pins, preview: null }, revision });

// edge case 32
describe("each arm has series of its own", () => {
  test.each(Object.keys(READINGS) as TrafficMetrics[])("in the figures of %s", (metrics) => {
    const [stable, candidate] = [seriesOf(metrics, 1), seriesOf(metrics, 2)];
    expect(stable?.requests).not.toBe(candidate?.requests);
    expect(stable?.requests).toContain("shop");
    if (stable?.latency != null) expect(stable.latency).not.toBe(candidate?.latency);
  });

  test("by the place of its backend, where Envoy counts by cluster", () => {
    expect(seriesOf("envoy-gateway", 2)?.requests).toBe(
      'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/greeter-x7k2m-route/rule/0/backend/1"}',
    );
    const pinned = seriesOf("envoy-gateway", 2, both, [{ revision: 2 }]);
    expect(pinned?.requests).toContain("/rule/1/backend/1");
    const alone = [
      { revision: 1, weight: 0 },
      { revision: 2, weight: 10_000 },
    ];
    expect(seriesOf("envoy-gateway", 2, alone)?.requests).toContain("/rule/0/backend/0");
    expect(seriesOf("envoy-gateway", 1, alone)).toBeNull();
  });

  test("as canary or as what is left, where ingress-nginx counts under one Ingress", () => {
    expect(seriesOf("ingress-nginx", 1)?.requests).toBe(
      'nginx_ingress_controller_requests{namespace="shop",ingress="greeter-x7k2m-route",canary="",service="greeter-x7k2m-r1"}',
    );
    expect(seriesOf("ingress-nginx", 2)?.requests).toContain('canary="shop-greeter-x7k2m-r2-80"');
    expect(seriesOf("ingress-nginx", 2, [{ revision: 2, weight: 10_000 }])?.requests).toContain(
      'canary="",service="greeter-x7k2m-r2"',
    );
  });
});

test.each([
  ["envoy-gateway", { envoy_response_code_class: "5" }, "failed"],
  ["envoy-gateway", { envoy_response_code_class: "4" }, "fine"],
  ["envoy-gateway", { envoy_response_code_class: "1" }, "ignored"],
  ["istio", { response_code: "503" }, "failed"],
  ["istio", { response_code: "0" }, "ignored"],
  ["ingress-nginx", { status: "5xx" }, "failed"],
  ["ingress-nginx", { status: "499" }, "ignored"],
  ["nginx-gateway-fabric", { nginx_status_range: "2xx" }, "fine"],
  ["nginx-gateway-fabric", {}, "ignored"],
] as const)("%s tells by %j what became of a request", (metrics, labels, outcome) => {
  expect(READINGS[metrics].outcome(labels)).toBe(outcome);
});
