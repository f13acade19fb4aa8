import {
  DEPLOYMENT_TYPE_LABEL,
  PIPELINE_RESOURCE,
  type PipelineResource,
  SluiceError,
  type Workload,
} from "@sluice/core";
import type { Kind } from "../client/kinds.ts";
import type { Manifest, Metadata } from "../client/kube.types.ts";
import { ANNOTATIONS, objectName, selectorOf } from "../names.ts";
import { labelsOf, namedOf, PORT_NAME } from "../objects/labels.ts";

export const PIPELINE: Kind = {
  apiVersion: `${PIPELINE_RESOURCE.group}/${PIPELINE_RESOURCE.version}`,
  kind: PIPELINE_RESOURCE.kind,
  plural: PIPELINE_RESOURCE.plural,
  namespaced: true,
};

/** A revision as the resource that the operator makes collectors of: on so many nodes as there are instances for. */
export function pipelineManifest(workload: Workload, namespace: string): Manifest {
  const { recipe, revision, replicas } = workload;
  if (recipe?.type !== "pipeline") throw new SluiceError("internal", `${workload.deployment} is no pipeline`);
  const spec: PipelineResource = { ...recipe.spec, maxNodes: Math.ceil(replicas / recipe.spec.replicas) };
  return {
    apiVersion: PIPELINE.apiVersion,
    kind: PIPELINE.kind,
    metadata: {
      name: objectName(namedOf(workload), revision),
      namespace,
      labels: { ...labelsOf(workload), [DEPLOYMENT_TYPE_LABEL]: "direct" },
      annotations: { [ANNOTATIONS.replicas]: String(replicas) },
    },
    spec,
  };
}

/** What data planes name as the backend of the revision; it goes with the resource. */
export const serviceManifest = (workload: Workload, { name, namespace, uid = "" }: Metadata): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: labelsOf(workload),
    ownerReferences: [{ apiVersion: PIPELINE.apiVersion, kind: PIPELINE.kind, name, uid, controller: true }],
  },
  spec: {
    selector: selectorOf(workload.deployment, workload.revision),
    ports: [{ name: PORT_NAME, port: 80, targetPort: PORT_NAME, protocol: "TCP" }],
  },
});
