import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import {
  artifactParams,
  changeView,
  diffParams,
  inProject,
  versionBody,
  versionParams,
  versionView,
} from "./artifact.schema.ts";
import { VERSION_SORTS } from "./artifact.service.ts";
import type { StoredArtifact } from "./artifact.store.ts";
import type { StoredVersion } from "./version.store.ts";

const view = (artifact: StoredArtifact, { createdAt, spec, source, ...version }: StoredVersion) => ({
  ...version,
  artifact: artifact.name,
  spec: { ...spec },
  source: source === null ? null : { ...source },
  createdAt: createdAt.toISOString(),
});

export function versionRoutes(app: App, { artifacts }: Services): void {
  const tags = ["Artifacts"];

  app.get(
    "/v1/artifacts/:name/versions",
    {
      schema: {
        operationId: "listVersions",
        summary: "List an artifact's versions, newest first or highest first",
        tags,
        params: artifactParams,
        querystring: z.strictObject({
          ...inProject,
          sort: z
            .enum(VERSION_SORTS)
            .default("newest")
            .describe("`semver`: highest first by Semantic Versioning; what is not semantic comes last."),
          ...pageQuery,
        }),
        response: { 200: pageOf(versionView) },
      },
    },
    async ({ principal, params, query }) => {
      const { project, ...paging } = query;
      const { artifact, page } = await artifacts.listVersions(principal, { project, ...params }, paging);
      return { ...page, items: page.items.map((version) => view(artifact, version)) };
    },
  );

  app.post(
    "/v1/artifacts/:name/versions",
    {
      schema: {
        operationId: "createVersion",
        summary: "Add an immutable version",
        description:
          "The same content again answers 200 with the version that is there; other content is `already_exists`.",
        tags,
        params: artifactParams,
        querystring: z.strictObject(inProject),
        body: versionBody,
        response: { 200: versionView, 201: versionView },
      },
    },
    async ({ principal, params, query, body }, reply) => {
      const { artifact, version, created } = await artifacts.createVersion(principal, { ...query, ...params }, body);
      return reply.code(created ? 201 : 200).send(view(artifact, version));
    },
  );

  app.get(
    "/v1/artifacts/:name/versions/:version",
    {
      schema: {
        operationId: "getVersion",
        summary: "Read a version",
        tags,
        params: versionParams,
        querystring: z.strictObject(inProject),
        response: { 200: versionView },
      },
    },
    async ({ principal, params, query }) => {
      const key = { ...query, name: params.name };
      const { artifact, version } = await artifacts.getVersion(principal, key, params.version);
      return view(artifact, version);
    },
  );

  app.get(
    "/v1/artifacts/:name/versions/:from/diff/:to",
    {
      schema: {
        operationId: "diffVersions",
        summary: "Compare the specs of two versions",
        tags,
        params: diffParams,
        querystring: z.strictObject(inProject),
        response: { 200: z.object({ from: z.string(), to: z.string(), changes: z.array(changeView) }) },
      },
    },
    async ({ principal, params, query }) => {
      const { name, from, to } = params;
      return { from, to, changes: await artifacts.diffVersions(principal, { ...query, name }, { from, to }) };
    },
  );
}
