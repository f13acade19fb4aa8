import type { LabelledNode } from "@sluice/core";
import type { Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { NO_PIPELINES } from "./pipeline.carrier.ts";
import { PIPELINE } from "./pipeline.manifest.ts";

const NODE: Kind = { apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false };

/** What a cluster has for pipelines. */
export interface ClusterCollectors {
  /** Throws `SluiceError` in the cluster's words when they cannot be listed. */
  nodes(): Promise<LabelledNode[]>;
  /** Why no pipeline could run there, in a sentence; null: nothing is known against it. */
  ailment(): Promise<string | null>;
}

export const clusterCollectors = (cluster: Cluster): ClusterCollectors => ({
  async nodes() {
    const { items } = await cluster.client.list<KubeObject>(NODE, { namespace: null });
    return (items ?? []).map(({ metadata: { name, labels = {} } }) => ({ name, labels }));
  },
  ailment: async () => ((await cluster.serves(PIPELINE)) ? null : NO_PIPELINES),
});
