import type { Location } from "./rules.ts";

const EDGES_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  requests: number;
  buckets: number[];
}

/** Requests as ingress-nginx counts them: under the main Ingress, with the canary's upstream where that one answered. */
export class Counts {
  readonly #series = new Map<string, Series>();

  count({ namespace, ingress, upstream, canary }: Location, toCanary: boolean, status: number, seconds: number): void {
    const other = toCanary && canary !== null ? `${namespace}-${canary.service}-${canary.port}` : "";
    const labels = { namespace, ingress, service: upstream.service, canary: other, status: String(status) };
    const key = Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(",");
    const series = this.#series.get(key) ?? { requests: 0, buckets: EDGES_SECONDS.map(() => 0) };
    series.requests += 1;
    // Buckets are cumulative.
    series.buckets = series.buckets.map((count, index) => count + (seconds <= (EDGES_SECONDS[index] ?? 0) ? 1 : 0));
    this.#series.set(key, series);
  }

  /** As Prometheus scrapes them. */
  text(): string {
    const duration = "nginx_ingress_controller_response_duration_seconds";
    const all = [...this.#series];
    return [
      "# TYPE nginx_ingress_controller_requests counter",
      ...all.map(([key, { requests }]) => `nginx_ingress_controller_requests{${key}} ${requests}`),
      `# TYPE ${duration} histogram`,
      ...all.flatMap(([key, { requests, buckets }]) => [
        ...buckets.map((count, index) => `${duration}_bucket{${key},le="${EDGES_SECONDS[index]}"} ${count}`),
        `${duration}_bucket{${key},le="+Inf"} ${requests}`,
      ]),
      "",
    ].join("\n");
  }
}
