import { nameSchema } from "@sluice/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Services } from "../http/services.ts";
import { rolloutSchema } from "../rollout/rollout.schema.ts";
import type { DeploymentName } from "./deployment.lookup.ts";
import { type DeploymentView, deploymentSchema } from "./deployment.schema.ts";
import type { StoredDeployment } from "./deployment.store.ts";
import { type DeploymentPicture, deploymentView } from "./deployment.view.ts";

/** What every route of one deployment has in common. */

export const deploymentParams = z.strictObject({
  id: z.string().min(1).max(128).describe("`dep_…`, or the name, which may need `?environment=` to be clear."),
});

export const where = {
  project: nameSchema.optional().describe("Default: the token's own, else `default`."),
  environment: nameSchema.optional(),
};

export const deploymentQuery = z.strictObject(where);

export const nameOf = (
  params: { id: string },
  query: { project?: string | undefined; environment?: string | undefined },
): DeploymentName => ({ id: params.id, project: query.project, environment: query.environment });

/** A deployment and the rollout that a change began; null when it runs as asked already. */
export const startedSchema = z.object({ deployment: deploymentSchema, rollout: rolloutSchema.nullable() });

/** A picture as the caller sees it: with addresses as they asked for them. */
export const viewFor = (request: FastifyRequest, services: Services, picture: DeploymentPicture): DeploymentView =>
  deploymentView(picture, {
    serverUrl: `${request.protocol}://${request.host}`,
    gatewayUrl: services.live.gatewayUrl,
  });

/** A deployment that was just changed, as the caller sees it. */
export const changedView = async (
  request: FastifyRequest,
  services: Services,
  deployment: StoredDeployment,
): Promise<DeploymentView> => viewFor(request, services, await services.deployments.picture(deployment));
