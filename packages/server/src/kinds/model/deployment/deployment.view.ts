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

export const viewOfDeployment = (
  deployment: StoredModelDeployment,
  config: ModelConfig,
  gatewayUrl: string,
): z.input<typeof modelDeploymentView> => ({
  id: deployment.id,
  version_id: deployment.servingId ?? deployment.versionId,
  k8s_service_name: deployment.serviceName,
  url: predictUrl(deployment.id, config, gatewayUrl),
  replicas: deployment.replicas,
  created_at: plainTime(deployment.createdAt),
  updated_at: plainTime(deployment.updatedAt),
});
