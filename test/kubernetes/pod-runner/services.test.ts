import { expect, test } from "vitest";
import { type EndpointSlice, endpointsOf } from "./services.ts";

const slice = (service: string, namespace: string, ready: boolean[]): EndpointSlice => ({
  metadata: { name: `${service}-1`, namespace, labels: { "kubernetes.io/service-name": service } },
  ports: [
    { name: "http", port: 8080 },
    { name: "", port: 80 },
  ],
  endpoints: ready.map((isReady, index) => ({ addresses: [`198.18.0.${index}`], conditions: { ready: isReady } })),
});

test("a Service's port leads to what is ready of it, in its own namespace", () => {
  const slices = [
    slice("web", "shop", [true, false, true]),
    slice("web", "other", [true]),
    slice("api", "shop", [true]),
  ];
  expect(endpointsOf(slices, "shop/web", "http")).toEqual([
    { address: "198.18.0.0", port: 8080 },
    { address: "198.18.0.2", port: 8080 },
  ]);
  expect(endpointsOf(slices, "shop/api", undefined)).toEqual([{ address: "198.18.0.0", port: 80 }]);
  expect(endpointsOf(slices, "shop/api", "grpc")).toEqual([]);
});
