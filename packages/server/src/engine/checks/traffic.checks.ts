import {
  isGatewayMetric,
  type Placement,
  type PlaneWish,
  SluiceError,
  type Strategy,
  type TargetOf,
} from "@sluice/core";
import type { Candidate, Check } from "../checks.ts";
import { type Finding, fail, pass } from "./finding.ts";

type Cluster = TargetOf<"kubernetes">;

/** The cluster that deals the candidate's callers by itself; null where our gateway does, or nobody is dealt. */
function dealtByCluster({ target, route }: Candidate): Cluster | null {
  if (route === null || target.type !== "kubernetes" || target.traffic.type === "sluice") return null;
  return target;
}

/** What nobody counts is not watched: strategies that judge what they see want to know. */
const judges = ({ type, analysis }: Strategy): boolean =>
  type !== "immediate" && analysis.metrics.some(isGatewayMetric);

/** Whether the cluster's own data plane can do what is asked of it, and who watches the traffic that we do not see. */
export const trafficChecks: readonly Check[] = [
  {
    name: "traffic",
    type: "network",
    severity: "critical",
    async run({ candidate, traffic }) {
      const target = dealtByCluster(candidate);
      if (target === null || candidate.route === null || traffic === undefined) return null;
      const { strategy, config, project, environmentName, artifact, kind } = candidate;
      const placement: Placement = { target, project, environment: environmentName, name: artifact, kind };
      const wish: PlaneWish = { route: candidate.route, strategy, replicas: Math.max(1, config.replicas) };
      const found = await traffic(placement, wish).catch((error: unknown) => {
        if (error instanceof SluiceError) return [{ message: error.message, grave: true }];
        throw error;
      });
      if (found.length === 0) return pass(`${target.traffic.type} can deal the traffic as the strategy wants it`);
      return found.map(
        ({ message, grave }): Finding => (grave ? fail(message) : { ...fail(message), severity: "medium" }),
      );
    },
  },
  {
    name: "traffic-metrics",
    type: "network",
    severity: { basic: "medium", standard: "medium", strict: "high" },
    async run({ candidate }) {
      const target = dealtByCluster(candidate);
      if (target === null || !judges(candidate.strategy)) return null;
      const { prometheus, traffic } = target;
      if (prometheus === undefined) {
        return fail(
          `${traffic.type} deals the traffic and nobody counts it: error_rate and latency are not watched, and an analyze step holds; the target's prometheus would end that`,
        );
      }
      const latency = candidate.strategy.analysis.metrics.find(({ name }) => name === "latency");
      if (latency !== undefined && prometheus.metrics === "nginx-gateway-fabric")
        return fail(
          "nginx-gateway-fabric tells averages of latency and no counts: latency is not judged; error_rate is",
        );
      if (latency !== undefined && "nonInferiority" in latency && latency.nonInferiority === true)
        return fail(
          "latencies in Prometheus' buckets are too coarse to show that the candidate is no slower: no analyze step ends early",
        );
      return pass(`${prometheus.metrics} counts the traffic, and Prometheus is asked for it`);
    },
  },
];
