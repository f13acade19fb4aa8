import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

/** As many as are shown of what runs in an environment. */
export const MOST_RUNNING = 100;

export const environmentQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["environments", project, name],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/environments/{name}", { params: { path: { name }, query: { project } }, signal })),
  });

export const runningQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["deployments", project, "environment", environment],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/deployments", {
          params: { query: { project, environment, limit: MOST_RUNNING } },
          signal,
        }),
      ),
  });

/** Servers ask daemons and clusters for it: not more often than somebody would look. */
const OUTLOOK_MS = 60_000;

export const outlookQuery = (project: string) =>
  queryOptions({
    queryKey: ["target-outlook", project],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/target-outlook", { params: { query: { project } }, signal })),
    staleTime: OUTLOOK_MS,
  });

export const serversQuery = queryOptions({
  queryKey: ["servers"],
  queryFn: ({ signal }) => ok(sluice.http.GET("/v1/servers", { signal })),
  refetchInterval: 10_000,
});
