import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

/** Below the deployment's own key: its events have all of it asked anew. */

export const metricsQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployment", id, "metrics"],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/deployments/{id}/metrics", { params: { path: { id } }, signal })),
  });

const PAGE = 50;

export const revisionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["deployment", id, "revisions"],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam !== "" && { cursor: pageParam }) };
      return ok(sluice.http.GET("/v1/deployments/{id}/revisions", { params: { path: { id }, query }, signal }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Revisions never change, and so neither does what they differ in. */
export const differenceQuery = (id: string, number: number, other: number) =>
  queryOptions({
    queryKey: ["revision-difference", id, number, other],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/deployments/{id}/revisions/{number}/diff/{other}", {
          params: { path: { id, number, other } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const historyQuery = (project: string, deployment: string) =>
  infiniteQueryOptions({
    queryKey: ["rollouts", project, "of", deployment],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = { project, deployment, limit: PAGE, ...(pageParam !== "" && { cursor: pageParam }) };
      return ok(sluice.http.GET("/v1/rollouts", { params: { query }, signal }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const auditQuery = (project: string, subject: string) =>
  infiniteQueryOptions({
    queryKey: ["deployment", subject, "audit"],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = { project, subject, limit: PAGE, ...(pageParam !== "" && { cursor: pageParam }) };
      return ok(sluice.http.GET("/v1/audit", { params: { query }, signal }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
