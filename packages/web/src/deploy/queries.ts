import { paginate, type Revision } from "@sluice/client";
import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import type { PlanBody } from "./types.ts";

export const versionsQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["versions", project, name],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/artifacts/{name}/versions", {
          params: { path: { name }, query: { project, limit: 200 } },
          signal,
        }),
      ),
  });

/** One that is not among the newest. Versions never change. */
export const versionQuery = (project: string, name: string, version: string) =>
  queryOptions({
    queryKey: ["versions", project, name, version],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/artifacts/{name}/versions/{version}", {
          params: { path: { name, version }, query: { project } },
          signal,
        }),
      ),
  });

/** One revision of a deployment; null: there is none of that number. Revisions never change. */
export const revisionQuery = (deployment: string, number: number) =>
  queryOptions({
    queryKey: ["revision", deployment, number],
    queryFn: async ({ signal }): Promise<Revision | null> => {
      const params = (cursor?: string) => ({
        path: { id: deployment },
        query: { limit: 200, ...(cursor !== undefined && { cursor }) },
      });
      const all = paginate((cursor) =>
        ok(sluice.http.GET("/v1/deployments/{id}/revisions", { params: params(cursor), signal })),
      );
      for await (const revision of all) if (revision.revision === number) return revision;
      return null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

export const planQuery = (body: PlanBody) =>
  queryOptions({
    queryKey: ["plan", body],
    queryFn: ({ signal }) => ok(sluice.http.POST("/v1/rollouts/plan", { body, signal })),
    // What a plan found may be another thing a moment later.
    staleTime: 2_000,
    gcTime: 10_000,
  });
