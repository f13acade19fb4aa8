import type { Answer } from "@sluice/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import type { Span } from "./search.ts";

export type Overview = Answer<"getOverview", 200>;
export type Insights = Answer<"getInsights", 200>;

/** That something that goes away is gone at last, no event tells (ms). */
const LOOK_MS = 1_000;

/** Every event of a deployment or a rollout has it asked anew. */
export const overviewQuery = (project: string) =>
  queryOptions({
    queryKey: ["overview", project],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/overview", { params: { query: { project } }, signal })),
    refetchInterval: ({ state }) =>
      state.data?.deployments.some(({ status }) => status === "deleting") === true ? LOOK_MS : false,
  });

/** A day begins where the viewer is; a browser that does not tell where that is means UTC. */
const timezone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";

/** Changes when a rollout ends, and at midnight. Milliseconds. */
const COUNT_ANEW = 60_000;

export const insightsQuery = (project: string, days: Span) =>
  queryOptions({
    queryKey: ["insights", project, days],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/insights", {
          params: { query: { project, days: `${days}`, timezone: timezone() } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: COUNT_ANEW,
  });
