import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

/** As many versions, evaluations and deliveries as are looked at; older ones are for the command line. */
export const MOST = 200;

export const artifactQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["artifacts", project, name],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/artifacts/{name}", { params: { path: { name }, query: { project } }, signal })),
  });

/** Newest first. */
export const versionsQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["artifacts", project, name, "versions"],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/artifacts/{name}/versions", {
          params: { path: { name }, query: { project, limit: MOST } },
          signal,
        }),
      ),
  });

/** Which version went where; what makes that worth asking anew is an event of a rollout. */
export const deliveriesQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["rollouts", project, "deliveries", name],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/artifacts/{name}/deliveries", {
          params: { path: { name }, query: { project, limit: MOST } },
          signal,
        }),
      ),
  });

/** Versions never change, and neither does what tells them apart. */
export const diffQuery = (project: string, name: string, { from, to }: { from: string; to: string }) =>
  queryOptions({
    queryKey: ["artifacts", project, name, "diff", from, to],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/artifacts/{name}/versions/{from}/diff/{to}", {
          params: { path: { name, from, to }, query: { project } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });

export const evaluationsQuery = (project: string, artifact: string) =>
  queryOptions({
    queryKey: ["evaluations", project, artifact],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/evaluations", { params: { query: { project, artifact, limit: MOST } }, signal })),
  });

export const gatesQuery = (project: string, artifact: string) =>
  queryOptions({
    queryKey: ["gates", project, artifact],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/gates", { params: { query: { project, artifact, limit: MOST } }, signal })),
  });

export const renderedQuery = (project: string, name: string, version: string, parameters: string) =>
  queryOptions({
    queryKey: ["artifacts", project, name, "rendered", version, parameters],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/templates/{name}/render", {
          params: { path: { name }, query: { project, version, parameters } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** The model's number, and its versions by number, newest first; null: it has no number yet. */
export const numberedQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["artifacts", project, name, "numbered"],
    queryFn: async ({ signal }) => {
      const query = { project, name, limit: 1 };
      const [model] = (await ok(sluice.http.GET("/api/v1/models", { params: { query }, signal }))).items;
      if (model === undefined) return null;
      const params = { path: { id: model.id }, query: { limit: MOST } };
      const { items } = await ok(sluice.http.GET("/api/v1/models/{id}/versions", { params, signal }));
      return { id: model.id, versions: items };
    },
  });

export const unfinishedQuery = (version: number) =>
  queryOptions({
    queryKey: ["uploads", version],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/api/v1/versions/{id}/uploads", { params: { path: { id: version } }, signal })),
  });
