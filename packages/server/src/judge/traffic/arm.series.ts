import type { Rollout, TargetOf } from "@sluice/core";
import type { TrafficNames } from "@sluice/runtimes";

export type TrafficMetrics = NonNullable<TargetOf<"kubernetes">["prometheus"]>["metrics"];

export type Labels = Readonly<Record<string, string>>;

/** Where one revision's counts are, as selectors of series. */
export interface ArmSeries {
  /** Counters of requests by the kind of their answers. */
  requests: string;
  /** Cumulative buckets of how long answers took; null where nobody counts those. */
  latency: string | null;
}

/** What the figures of one data plane mean. */
export interface Dialect {
  /** `ignored` is in no count: given up by the caller, or no answer to a request. */
  outcome: (labels: Labels) => "fine" | "failed" | "ignored";
  /** Milliseconds in the unit of the buckets' edges. */
  msPerUnit: number;
  /** Whether buckets tell failed answers from others by the same labels. */
  timesByOutcome: boolean;
}

type Desired = Pick<Rollout["desired"], "split" | "pins" | "preview">;

/** What the names of an HTTPRoute's parts depend on. */
interface Asked {
  names: TrafficNames;
  desired: Desired;
  revision: number;
}

interface Reading extends Dialect {
  series: (asked: Asked) => ArmSeries | null;
}

/** `{a="b",c="d"}` */
const selector = (labels: Labels): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(",")}}`;

const sharing = ({ split }: Desired): number[] =>
  (split ?? []).filter(({ weight }) => weight > 0).map(({ revision }) => revision);

const byClass = (status: string | undefined): "fine" | "failed" | "ignored" => {
  // The caller has hung up (nginx), or nothing was answered that could be counted.
  if (status === undefined || status === "499" || !/^[2-5]/.test(status)) return "ignored";
  return status.startsWith("5") ? "failed" : "fine";
};

/**
 * Envoy counts by cluster. Envoy Gateway makes a cluster of each backend of a rule that has a filter of its own, which ours have there,
 * and names it by the places of rule and backend; the rule with the weights is the last.
 */
const envoyGateway: Reading = {
  outcome: ({ envoy_response_code_class: status }) => byClass(status),
  msPerUnit: 1,
  timesByOutcome: false,
  series({ names: { namespace, route }, desired, revision }) {
    const backend = sharing(desired).indexOf(revision);
    if (backend === -1) return null;
    const rule = desired.pins.length + (desired.preview === null ? 0 : 1);
    const cluster = selector({
      envoy_cluster_name: `httproute/${namespace}/${route}/rule/${rule}/backend/${backend}`,
    });
    return {
      requests: `envoy_cluster_upstream_rq_xx${cluster}`,
      latency: `envoy_cluster_upstream_rq_time_bucket${cluster}`,
    };
  },
};

/** As the gateway reports them: what a pod that died could not report itself is in there. */
const istio: Reading = {
  outcome: ({ response_code: status }) => byClass(status),
  msPerUnit: 1,
  timesByOutcome: true,
  series({ names: { namespace, service }, revision }) {
    const to = selector({
      reporter: "source",
      destination_service_name: service(revision),
      destination_service_namespace: namespace,
    });
    return { requests: `istio_requests_total${to}`, latency: `istio_request_duration_milliseconds_bucket${to}` };
  },
};

/** NGINX Plus counts by upstream; of latencies it tells averages alone. */
const nginxGatewayFabric: Reading = {
  outcome: ({ nginx_status_range: status }) => byClass(status),
  msPerUnit: 1,
  timesByOutcome: false,
  series: ({ names: { namespace, service }, revision }) => ({
    requests: `nginx_http_upstream_peer_responses_total${selector({ nginx_upstream_name: `${namespace}_${service(revision)}_80` })}`,
    latency: null,
  }),
};

/**
 * ingress-nginx counts all callers under the main Ingress. Those that its canary got are told apart by the upstream's name, which
 * is empty for the others.
 */
const ingressNginx: Reading = {
  outcome: ({ status }) => byClass(status),
  msPerUnit: 1_000,
  timesByOutcome: true,
  series({ names: { namespace, route, service }, desired, revision }) {
    const revisions = sharing(desired);
    if (!revisions.includes(revision)) return null;
    const main = revisions[0] === revision;
    const of = selector({
      namespace,
      ingress: route,
      canary: main ? "" : `${namespace}-${service(revision)}-80`,
      ...(main && { service: service(revision) }),
    });
    return {
      requests: `nginx_ingress_controller_requests${of}`,
      latency: `nginx_ingress_controller_response_duration_seconds_bucket${of}`,
    };
  },
};

export const READINGS: Readonly<Record<TrafficMetrics, Reading>> = {
  "envoy-gateway": envoyGateway,
  istio,
  "nginx-gateway-fabric": nginxGatewayFabric,
  "ingress-nginx": ingressNginx,
};
