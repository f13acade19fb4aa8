import { SluiceError } from "@sluice/core";
import type { Carrier } from "../carrier.ts";
import { KINDS } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { ANNOTATIONS, LABELS, selectorOf } from "../names.ts";
import type { ObservedPod } from "../status/observed.types.ts";
import { instanceOf } from "../status/pod.status.ts";
import { PIPELINE, pipelineManifest, serviceManifest } from "./pipeline.manifest.ts";
import { type ObservedPipeline, pipelineStatus } from "./pipeline.status.ts";

export const NO_PIPELINES =
  "the cluster does not know PhoenixProcessPipeline: `sluice operator --print-crds | kubectl apply --server-side -f -`, and run `sluice operator` there";

interface Options {
  cluster: Cluster;
  clock: () => number;
}

/** Revisions of pipelines as resources of the pipelines operator, which makes a collector on every node that is meant. */
export function createPipelineCarrier({ cluster, clock }: Options): Carrier {
  const { client, cache } = cluster;
  /** Nothing is there of what the cluster does not know. */
  const pipelinesOf = (labels: Record<string, string> = {}): ObservedPipeline[] =>
    cache.follows(PIPELINE) ? cache.list<ObservedPipeline>(PIPELINE, labels) : [];
  const podsOf = (labels: Record<string, string> = {}): ObservedPod[] =>
    cache.list<ObservedPod>(KINDS.pod, labels).filter(isCollector);

  return {
    kinds: [PIPELINE, KINDS.pod, KINDS.service],
    carries: (recipe) => recipe?.type === "pipeline",

    async apply(workload, namespace) {
      if (!(await cluster.serves(PIPELINE))) throw new SluiceError("failed_precondition", NO_PIPELINES);
      // Its definition may be younger than this server.
      await cache.follow(PIPELINE);
      const { metadata } = await cluster.put<ObservedPipeline>(PIPELINE, pipelineManifest(workload, namespace));
      await cluster.put(KINDS.service, serviceManifest(workload, metadata));
    },

    async remove({ deployment, revision }) {
      // It stays in sight until the operator has stopped its collectors.
      for (const { metadata } of pipelinesOf(selectorOf(deployment, revision))) {
        const { namespace = null, name, uid, deletionTimestamp } = metadata;
        if (deletionTimestamp !== undefined) continue;
        await client.remove({ kind: PIPELINE, namespace, name }, uid === undefined ? {} : { uid });
      }
    },

    async restart({ deployment, revision }, fence) {
      for (const { metadata } of pipelinesOf(selectorOf(deployment, revision))) {
        const { namespace = null, name } = metadata;
        const annotations = { [ANNOTATIONS.restart]: String(fence) };
        cache.wrote(PIPELINE, await client.merge({ kind: PIPELINE, namespace, name }, { metadata: { annotations } }));
      }
    },

    observe(deployment) {
      const labels = selectorOf(deployment);
      const [pipelines, pods] = [pipelinesOf(labels), podsOf(labels)];
      const revisions = [...new Set([...pipelines, ...pods].map(revisionOf))].toSorted((left, right) => left - right);
      return revisions.map((revision) => {
        const own = pods.filter((pod) => revisionOf(pod) === revision);
        const pipeline = pipelines.find((object) => revisionOf(object) === revision) ?? null;
        const instances = own.map((pod) => instanceOf(pod, contextOf(revision)));
        return pipelineStatus({ deployment, revision, pipeline, pods: own, instances });
      });
    },

    deployments: () => [
      ...new Set([...pipelinesOf(), ...podsOf()].flatMap(({ metadata }) => metadata.labels?.[LABELS.deployment] ?? [])),
    ],
  };

  /** A collector's variables are ours, and none of them is secret. */
  function contextOf(revision: number) {
    return { revision, wasReady: false, probeWords: null, variables: { env: {} }, minReadySeconds: 0, now: clock() };
  }
}

const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.[LABELS.revision] ?? Number.NaN);

const isCollector = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.[LABELS.revision] !== undefined &&
  metadata.ownerReferences?.some(({ kind }) => kind === "DaemonSet") === true;
