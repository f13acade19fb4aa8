import type { Phase } from "@sluice/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "./client.ts";

/**
 * What is asked of the server, by its key. The first part of a key is the noun, the second what it is about: events of a
 * project say by these what is to be asked anew (`live/invalidate.ts`).
 */

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => ok(sluice.http.GET("/v1/session", { signal })),
  staleTime: 60_000,
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => ok(sluice.http.GET("/v1/projects", { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
});

export const environmentsQuery = (project: string) =>
  queryOptions({
    queryKey: ["environments", project],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/environments", { params: { query: { project, limit: 200 } }, signal })),
  });

export const rolloutQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollout", id],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/rollouts/{id}", { params: { path: { id } }, signal })),
  });

export interface RolloutFilter {
  project: string;
  deployment?: string | undefined;
  artifact?: string | undefined;
  environment?: string | undefined;
  phase?: Phase[] | undefined;
  limit?: number;
}

const given = <T extends object>(filter: T) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

export const rolloutsQuery = ({ limit = 50, ...filter }: RolloutFilter) =>
  queryOptions({
    queryKey: ["rollouts", filter.project, filter, limit],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/rollouts", { params: { query: { ...given(filter), limit } }, signal })),
    placeholderData: keepPreviousData,
  });

export const deploymentQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployment", id],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/deployments/{id}", { params: { path: { id } }, signal })),
  });

export const instancesQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployment", id, "instances"],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/deployments/{id}/instances", { params: { path: { id } }, signal })),
  });
