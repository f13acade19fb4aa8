import { ARTIFACT_KINDS } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { labelQuery } from "../http/label.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { artifactBody, artifactParams, artifactView, inProject } from "./artifact.schema.ts";
import type { StoredArtifact } from "./artifact.store.ts";

const view = ({ createdAt, ...artifact }: StoredArtifact) => ({ ...artifact, createdAt: createdAt.toISOString() });

export function artifactRoutes(app: App, { artifacts }: Services): void {
  const tags = ["Artifacts"];

  app.get(
    "/v1/artifacts",
    {
      schema: {
        operationId: "listArtifacts",
        summary: "List artifacts by name",
        tags,
        querystring: z.strictObject({
          ...inProject,
          kind: z.enum(ARTIFACT_KINDS).optional(),
          label: labelQuery,
          ...pageQuery,
        }),
        response: { 200: pageOf(artifactView) },
      },
    },
    async ({ principal, query }) => {
      const page = await artifacts.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/artifacts",
    {
      schema: {
        operationId: "createArtifact",
        summary: "Create an artifact, a thing that has versions",
        tags,
        body: artifactBody,
        response: { 201: artifactView },
      },
    },
    async ({ principal, body }, reply) => reply.code(201).send(view(await artifacts.create(principal, body))),
  );

  app.get(
    "/v1/artifacts/:name",
    {
      schema: {
        operationId: "getArtifact",
        summary: "Read an artifact",
        tags,
        params: artifactParams,
        querystring: z.strictObject(inProject),
        response: { 200: artifactView },
      },
    },
    async ({ principal, params, query }) => view(await artifacts.get(principal, { ...query, ...params })),
  );
}
