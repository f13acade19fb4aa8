import { PIPELINE_RESOURCE } from "@sluice/core";
import { KINDS, type Kind, type KubeObject } from "@sluice/runtimes/kubernetes";
import { sourceOf } from "../controller/controller.ts";
import type { EventRecorder } from "../events.ts";
import type { ControllerDefinition, Follow, OperatorOptions } from "../operator.ts";
import { API_VERSION, OPERATOR, PIPELINE_LABEL } from "./pipeline.names.ts";
import { createPipelineReconcile, DAEMON_SET } from "./pipeline.reconcile.ts";
import type { DaemonSet, Pipeline, Pod } from "./pipeline.types.ts";

export const PIPELINE: Kind = {
  apiVersion: API_VERSION,
  kind: PIPELINE_RESOURCE.kind,
  plural: PIPELINE_RESOURCE.plural,
  namespaced: true,
};

const NODE: Kind = { apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false };

type Parts = Pick<OperatorOptions, "client" | "collector" | "clock"> & { follow: Follow; events: EventRecorder };

/** Looks after `PhoenixProcessPipeline`s. */
export function pipelineController({ client, collector, clock, follow, events }: Parts): ControllerDefinition {
  const labelSelector = `app.kubernetes.io/managed-by=${OPERATOR},${PIPELINE_LABEL}`;
  const pipelines = follow<Pipeline>(PIPELINE);
  const nodes = follow<KubeObject>(NODE, { everywhere: true });
  const daemonSets = follow<DaemonSet>(DAEMON_SET, { labelSelector });
  const configMaps = follow<KubeObject>(KINDS.configMap, { labelSelector });
  const pods = follow<Pod>(KINDS.pod, { labelSelector: PIPELINE_LABEL });

  const keyOf = ({ metadata: { namespace, name } }: KubeObject): string => `${namespace}/${name}`;
  const owner = ({ metadata: { namespace, labels = {} } }: KubeObject): string[] => [
    `${namespace}/${labels[PIPELINE_LABEL] ?? ""}`,
  ];
  return {
    name: "pipelines",
    sources: [
      sourceOf(pipelines, (pipeline) => [keyOf(pipeline)]),
      sourceOf(daemonSets, owner),
      sourceOf(configMaps, owner),
      sourceOf(pods, owner),
      // A node may matter to any of them.
      sourceOf(nodes, () => pipelines.items().map(keyOf)),
    ],
    reconcile: createPipelineReconcile({
      ...{ client, pipelines, nodes, daemonSets, configMaps, pods, events, clock },
      defaults: collector,
    }),
  };
}
