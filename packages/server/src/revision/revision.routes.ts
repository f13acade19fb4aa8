import { z } from "zod";
import { deploymentParams, deploymentQuery, nameOf, where } from "../deployment/deployment.http.ts";
import { revisionDiffSchema, revisionSchema } from "../deployment/deployment.schema.ts";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { RevisionInPlace } from "./revision.service.ts";

const number = z.coerce.number().int().min(1).max(2_147_483_647);

const view = ({ revision, role }: RevisionInPlace) => ({
  deployment: revision.deployment,
  revision: revision.number,
  version: revision.version,
  versionDigest: revision.versionDigest,
  digest: revision.digest,
  role,
  config: revision.config,
  createdAt: revision.createdAt.toISOString(),
  createdBy: revision.createdBy,
});

export function revisionRoutes(app: App, { revisions }: Services): void {
  const tags = ["Deployments"];

  app.get(
    "/v1/deployments/:id/revisions",
    {
      schema: {
        operationId: "listRevisions",
        summary: "List the revisions of a deployment, newest first",
        tags,
        params: deploymentParams,
        querystring: z.strictObject({ ...where, ...pageQuery }),
        response: { 200: pageOf(revisionSchema) },
      },
    },
    async ({ principal, params, query }) => {
      const page = await revisions.list(principal, nameOf(params, query), query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.get(
    "/v1/deployments/:id/revisions/:number",
    {
      schema: {
        operationId: "getRevision",
        summary: "Read a revision",
        tags,
        params: deploymentParams.extend({ number }),
        querystring: deploymentQuery,
        response: { 200: revisionSchema },
      },
    },
    async ({ principal, params, query }) => view(await revisions.get(principal, nameOf(params, query), params.number)),
  );

  app.get(
    "/v1/deployments/:id/revisions/:number/diff/:other",
    {
      schema: {
        operationId: "diffRevisions",
        summary: "Compare two revisions",
        tags,
        params: deploymentParams.extend({ number, other: number }),
        querystring: deploymentQuery,
        response: { 200: revisionDiffSchema },
      },
    },
    async ({ principal, params, query }) => {
      const changes = await revisions.diff(principal, nameOf(params, query), params.number, params.other);
      return { from: params.number, to: params.other, changes };
    },
  );
}
