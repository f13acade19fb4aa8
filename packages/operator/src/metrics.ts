import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface OperatorMetrics {
  registry: Registry;
  leads(isLeader: boolean): void;
  reconciled(controller: string, outcome: "done" | "failed", seconds: number): void;
}

/** What Prometheus is told. `requests` counts those to the API server so far, `depth` keys that wait. */
export function createOperatorMetrics(sources: {
  requests(): number;
  depths(): Record<string, number>;
}): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const leader = new Gauge({ name: "sluice_operator_leader", help: "1 while this operator leads", registers });
  leader.set(0);
  const seconds = new Histogram({
    name: "sluice_operator_reconcile_seconds",
    help: "Time that one reconcile took, by controller and how it ended",
    labelNames: ["controller", "outcome"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  new Gauge({
    name: "sluice_operator_queue_depth",
    help: "Objects that wait to be reconciled, by controller",
    labelNames: ["controller"],
    registers,
    collect() {
      for (const [controller, depth] of Object.entries(sources.depths())) this.set({ controller }, depth);
    },
  });
  new Counter({
    name: "sluice_operator_api_requests_total",
    help: "Requests to the API server, each attempt for itself",
    registers,
    collect() {
      this.reset();
      this.inc(sources.requests());
    },
  });
  return {
    registry,
    leads: (isLeader) => leader.set(isLeader ? 1 : 0),
    reconciled: (controller, outcome, took) => seconds.observe({ controller, outcome }, took),
  };
}
