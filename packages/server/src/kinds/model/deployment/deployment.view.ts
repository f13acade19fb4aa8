import { environmentSchema, targetOf } from "@sluice/core";
import { objectName } from "@sluice/runtimes";
import type { z } from "zod";
import type { ModelConfig } from "../model.config.ts";
import { plainTime } from "../model.schema.ts";
import type { modelDeploymentView } from "./deployment.schema.ts";
import type { StoredModelDeployment } from "./deployment.store.ts";

/** Where callers reach the predictions of a deployment: the ingress host, and the gateway's port where it names none. */
export function predictUrl(id: number, { ingressHost, ingressBasePath }: ModelConfig, gatewayUrl: string): string {
  const url = new URL(`http://${ingressHost}`);
  if (!/:\d+$/.test(ingressHost)) url.port = new URL(gatewayUrl).port;
  return `${url.origin}${ingressBasePath}/${id}`;
}

/** In a cluster the Service of the revision that serves; elsewhere there is none, and it is the deployment's own name. */
function serviceNameOf({ serviceName, deploymentId, stableRevision, environmentSpec }: StoredModelDeployment): string {
  if (targetOf(environmentSchema.parse(environmentSpec)).type !== "kubernetes") return serviceName;
  return objectName({ name: serviceName, deployment: deploymentId }, stableRevision ?? 1);
}

export const viewOfDeployment = (
  deployment: StoredModelDeployment,
  config: ModelConfig,
  gatewayUrl: string,
): z.input<typeof modelDeploymentView> => ({
  id: deployment.id,
  version_id: deployment.servingId ?? deployment.versionId,
  k8s_service_name: serviceNameOf(deployment),
  url: predictUrl(deployment.id, config, gatewayUrl),
  replicas: deployment.replicas,
  created_at: plainTime(deployment.createdAt),
  updated_at: plainTime(deployment.updatedAt),
});
