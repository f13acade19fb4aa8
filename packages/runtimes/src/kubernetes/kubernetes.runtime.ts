import { invalidField, type Runtime, SluiceError, type Workload, type WorkloadStatus } from "@sluice/core";
import type { RuntimeLogger } from "../supervision/policy.ts";
import type { Carrier } from "./carrier.ts";
import { KINDS } from "./client/kinds.ts";
import type { KubeObject } from "./client/kube.types.ts";
import type { Cluster } from "./cluster.ts";
import { createContainersCarrier } from "./containers/containers.carrier.ts";
import { isRefusal } from "./containers/refusal.ts";
import { createSightings } from "./containers/sightings.ts";
import { createDenials } from "./denials.ts";
import { fencePlaces, forgetOldFences } from "./fence.places.ts";
import { readPodLogs } from "./logs/pod.logs.ts";
import { LABELS, labelValue } from "./names.ts";
import { namedOf } from "./objects/labels.ts";
import { createPodUsage, type PodUsage } from "./usage/pod.usage.ts";

export interface KubernetesRuntimeOptions {
  /** Closed by whoever made it. */
  cluster: Cluster;
  /** For recipes other than containers; the first that carries a workload has it. */
  carriers?: readonly Carrier[];
  /** Seconds between leaving the Service and SIGTERM, so that what is under way still arrives; default 5. */
  drainSeconds?: number;
  /** Milliseconds between two measurements of what pods use; default 10 s. */
  usageMs?: number;
  clock?: () => number;
  logger: RuntimeLogger;
}

/**
 * Runs instances as pods of a cluster. Nothing is kept here but what the cluster says: whoever starts next sees the same. What
 * the cluster refuses is a revision that failed, with its words as the reason.
 * Every method throws `unavailable` while the cluster cannot be reached; what runs there goes on.
 */
export function createKubernetesRuntime(options: KubernetesRuntimeOptions): Runtime {
  const { cluster, drainSeconds = 5, usageMs = 10_000, clock = Date.now, logger } = options;
  const { cache } = cluster;
  const listeners = new Set<(deployment: string) => void>();
  const closed = new AbortController();
  const changed = (deployment: string): void => {
    for (const listener of listeners) call(listener, deployment);
  };
  const call = (listener: (deployment: string) => void, deployment: string): void => {
    try {
      listener(deployment);
    } catch (error) {
      logger.error({ deployment, err: error }, "a listener of the runtime failed");
    }
  };
  const sightings = createSightings({ cluster, changed, clock, logger });
  const denials = createDenials({ changed });
  const carriers: readonly Carrier[] = [
    ...(options.carriers ?? []),
    createContainersCarrier({ cluster, sightings, drainSeconds, clock }),
  ];
  let usage: PodUsage | null = null;
  let stopListening: (() => void)[] | null = null;

  const carrierOf = ({ recipe, deployment }: Workload): Carrier => {
    const carrier = carriers.find((candidate) => candidate.carries(recipe));
    if (carrier !== undefined) return carrier;
    throw new SluiceError(
      "unimplemented",
      `deployment ${deployment} is to be made by a ${recipe?.type}, which nobody here knows`,
    );
  };

  /** Raises the fence wherever the deployment has been; answers its namespaces. Empty: nothing is known of it. */
  const fenced = async (deployment: string, fence: number): Promise<string[]> => {
    checkDeployment(deployment);
    const places = fencePlaces(cache, deployment);
    for (const place of places) await cluster.fence(place, fence);
    return [...new Set(places.map(({ namespace }) => namespace))];
  };

  return {
    type: "kubernetes",

    async start() {
      if (stopListening !== null) return;
      const kinds = new Set([KINDS.pod, KINDS.configMap, ...carriers.flatMap(({ kinds }) => kinds)]);
      await Promise.all([...kinds].map(async (kind) => (await cluster.serves(kind)) && cache.follow(kind)));
      const told = cache.onChange((_, object) => {
        const deployment = deploymentOf(object);
        if (deployment !== null) changed(deployment);
      });
      stopListening = [told, ...carriers.flatMap((carrier) => carrier.onChange?.(changed) ?? [])];
      usage = createPodUsage({ cluster, everyMs: usageMs, clock, logger });
      await forgetOldFences(cluster, clock());
    },

    async close() {
      closed.abort();
      for (const stop of stopListening ?? []) stop();
      for (const carrier of carriers) await carrier.close?.();
      await sightings.close();
      denials.close();
      await usage?.close();
    },

    async apply(workload) {
      const { deployment, revision, fence, placement } = workload;
      checkDeployment(deployment);
      const namespace = placement === undefined ? "default" : cluster.namespaceOf(placement);
      await fenced(deployment, fence);
      const project = placement === undefined ? {} : { project: placement.project };
      await cluster.fence({ ...namedOf(workload), namespace, ...project }, fence).catch(refused(workload));
      if (denials.isFresh(workload)) return;
      await carrierOf(workload)
        .apply(workload, namespace)
        .then(() => denials.forget(deployment, revision), refused(workload));
    },

    async remove({ deployment, revision, fence }) {
      const namespaces = await fenced(deployment, fence);
      denials.forget(deployment, revision);
      for (const namespace of namespaces)
        for (const carrier of carriers) await carrier.remove({ deployment, revision, namespace });
    },

    async restart({ deployment, revision, fence }) {
      const namespaces = await fenced(deployment, fence);
      for (const namespace of namespaces)
        for (const carrier of carriers) await carrier.restart({ deployment, revision, namespace }, fence);
    },

    async observe(deployment): Promise<WorkloadStatus[]> {
      checkDeployment(deployment);
      const statuses = denials.among(
        deployment,
        carriers.flatMap((carrier) => carrier.observe(deployment)),
      );
      return statuses.map((status) => ({
        ...status,
        instances: status.instances.map((one) => ({ ...one, usage: usage?.of(one.id) ?? null })),
      }));
    },

    async deployments() {
      return [...new Set(carriers.flatMap((carrier) => carrier.deployments()))];
    },

    logs: (query) => readPodLogs(cluster, query, closed.signal),

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function refused(workload: Workload): (error: unknown) => void {
    return (error) => {
      if (!isRefusal(error)) throw error;
      denials.note(workload, error.message);
      logger.warn(
        { deployment: workload.deployment, revision: workload.revision, reason: error.message },
        "the cluster refused a revision",
      );
    };
  }
}

const deploymentOf = ({ metadata }: KubeObject): string | null => metadata.labels?.[LABELS.deployment] ?? null;

/** Throws `invalid_argument` unless the text can be the value of a label as it is. */
function checkDeployment(deployment: string): void {
  if (deployment === "" || labelValue(deployment) !== deployment)
    throw invalidField(
      "deployment",
      deployment,
      "1 to 63 letters, digits, '.', '_' or '-', beginning and ending with a letter or digit",
    );
}
