import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ok, sluice } from "../api/client.ts";
import { joined, type SeriesPoint } from "./series.ts";

/** As often as points come. Milliseconds. */
const EVERY_MS = 2_000;

const seriesQuery = (id: string, queries: QueryClient) =>
  queryOptions({
    queryKey: ["rollout-series", id],
    // Only what has come since is asked for: an hour of it is a thousand points.
    queryFn: async ({ signal, queryKey }): Promise<readonly SeriesPoint[]> => {
      const known = queries.getQueryData<readonly SeriesPoint[]>(queryKey) ?? [];
      const after = known.at(-1)?.at;
      const query = after === undefined ? {} : { after };
      const { points } = await ok(
        sluice.http.GET("/v1/rollouts/{id}/series", { params: { path: { id }, query }, signal }),
      );
      return joined(known, points);
    },
    structuralSharing: false,
    gcTime: 60_000,
  });

interface Series {
  points: readonly SeriesPoint[];
  /** Why there is none. */
  error: Error | null;
  retry: () => void;
}

/** The course of a rollout's traffic; it grows while the rollout goes on, and the last point comes just after its end. */
export function useSeries(id: string, isMoving: boolean): Series {
  const queries = useQueryClient();
  useEffect(() => {
    if (isMoving) return;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ["rollout-series", id] }), EVERY_MS);
    return () => clearTimeout(timer);
  }, [id, isMoving, queries]);
  const { data, error, refetch } = useQuery({
    ...seriesQuery(id, queries),
    refetchInterval: isMoving ? EVERY_MS : false,
  });
  const retry = (): void => void refetch({ cancelRefetch: false });
  return { points: data ?? NOTHING, error: data === undefined ? error : null, retry };
}

const NOTHING: readonly SeriesPoint[] = [];
