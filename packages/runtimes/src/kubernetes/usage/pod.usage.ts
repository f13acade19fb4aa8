import { type ResourceUsage, SluiceError } from "@sluice/core";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import type { Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { OURS } from "../names.ts";
import { CONTAINER_NAME } from "../objects/labels.ts";
import { bytesOf, coresOf } from "./quantity.ts";

/** What pods use, as the cluster's metrics server measures it; nothing where there is none, which is said once. */
export interface PodUsage {
  of(pod: string): ResourceUsage | null;
  close(): Promise<void>;
}

export interface PodUsageOptions {
  cluster: Pick<Cluster, "client" | "namespaces">;
  everyMs: number;
  clock: () => number;
  logger: RuntimeLogger;
}

interface PodMetrics extends KubeObject {
  timestamp?: string;
  containers?: { name: string; usage?: { cpu?: string; memory?: string } }[];
}

const POD_METRICS: Kind = {
  apiVersion: "metrics.k8s.io/v1beta1",
  kind: "PodMetrics",
  plural: "pods",
  namespaced: true,
};
/** What is refused now is asked for again after so many intervals: a metrics server may be installed any time. */
const PATIENCE = 6;

export function createPodUsage({ cluster, everyMs, clock, logger }: PodUsageOptions): PodUsage {
  const places = cluster.namespaces ?? [null];
  let usage: ReadonlyMap<string, ResourceUsage> = new Map();
  let untold = true;
  let skip = 0;
  let looking: Promise<void> | null = null;

  const measuredIn = async (namespace: string | null): Promise<PodMetrics[]> =>
    (await cluster.client.list<PodMetrics>(POD_METRICS, { namespace, labelSelector: OURS })).items;

  const look = async (): Promise<void> => {
    try {
      const items = (await Promise.all(places.map(measuredIn))).flat();
      usage = new Map(items.map((item) => [item.metadata.name, usageOf(item, clock())]));
      untold = true;
    } catch (error) {
      usage = new Map();
      skip = PATIENCE;
      if (untold) logger.warn({ reason: wordsOf(error) }, "what pods use is not known; asking again now and then");
      untold = false;
    }
  };

  const timer = setInterval(() => {
    skip = Math.max(0, skip - 1);
    if (skip > 0) return;
    looking ??= look().finally(() => {
      looking = null;
    });
  }, everyMs);

  return {
    of: (pod) => usage.get(pod) ?? null,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof SluiceError)) return String(error);
  const isAbsent = error.code === "not_found";
  return isAbsent ? `the cluster serves no ${POD_METRICS.apiVersion}: it has no metrics server` : error.message;
}

function usageOf({ containers = [], timestamp }: PodMetrics, now: number): ResourceUsage {
  const { cpu = "0", memory = "0" } =
    (containers.find(({ name }) => name === CONTAINER_NAME) ?? containers[0])?.usage ?? {};
  return {
    cpuCores: coresOf(cpu),
    rssBytes: bytesOf(memory),
    at: timestamp === undefined ? now : Date.parse(timestamp),
  };
}
