import type { AuditEntry } from "@sluice/client";
import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { type AuditSearch, timesOf } from "./search.ts";

export type { AuditEntry };

/** Newest first, so many at a time. */
const PAGE = 50;
/** Entries are written by whatever anybody does: the first page looks for new ones by itself. */
const LOOK_MS = 5_000;

export const auditQuery = (project: string, { from, to, ...filter }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ["audit", project, { ...filter, from, to }],
    queryFn: ({ pageParam, signal }) => {
      const query = { project, limit: PAGE, ...filter, ...timesOf({ ...(from && { from }), ...(to && { to }) }) };
      return ok(
        sluice.http.GET("/v1/audit", {
          params: { query: { ...query, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Whoever has gone further back reads something: all of those pages are not asked for again and again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LOOK_MS),
    placeholderData: keepPreviousData,
  });
