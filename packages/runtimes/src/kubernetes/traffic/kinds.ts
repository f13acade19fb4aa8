import type { Kind } from "../client/kinds.ts";

/** What deals traffic in a cluster. */
export const TRAFFIC_KINDS = {
  httpRoute: { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", plural: "httproutes", namespaced: true },
  gateway: { apiVersion: "gateway.networking.k8s.io/v1", kind: "Gateway", plural: "gateways", namespaced: true },
  ingress: { apiVersion: "networking.k8s.io/v1", kind: "Ingress", plural: "ingresses", namespaced: true },
  ingressClass: {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    plural: "ingressclasses",
    namespaced: false,
  },
  endpointSlice: {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    plural: "endpointslices",
    namespaced: true,
  },
} as const satisfies Record<string, Kind>;
