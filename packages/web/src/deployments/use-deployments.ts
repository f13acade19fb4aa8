import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { isFreshEnough, isLong, type Reading, UNREAD, WHOLE_EVERY_MS, withNewest } from "./reading.ts";

const PAGE = 200;
const MOST = 10_000;

const page = (project: string, cursor: string | null, signal: AbortSignal) => {
  const query = { project, limit: PAGE, ...(cursor !== null && { cursor }) };
  return ok(sluice.http.GET("/v1/deployments", { params: { query }, signal }));
};

/** Below the noun's key: events of any deployment have it asked anew. What there is of it is shown page by page the first time. */
const allQuery = (project: string, queries: QueryClient) =>
  queryOptions({
    queryKey: ["deployments", project, "all"],
    queryFn: async ({ signal, queryKey }): Promise<Reading> => {
      const known = queries.getQueryData<Reading>(queryKey) ?? UNREAD;
      let { items, nextCursor } = await page(project, null, signal);
      if (isFreshEnough(known, Date.now())) return withNewest(known, items);
      const deployments = [...items];
      while (nextCursor !== null && deployments.length < MOST) {
        if (!known.complete) queries.setQueryData<Reading>(queryKey, { ...UNREAD, deployments: [...deployments] });
        ({ items, nextCursor } = await page(project, nextCursor, signal));
        deployments.push(...items);
      }
      return { deployments, complete: true, tooMany: nextCursor !== null, wholeAt: Date.now() };
    },
    structuralSharing: false,
  });

export function useDeployments(project: string) {
  return useQuery({
    ...allQuery(project, useQueryClient()),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isLong(data) ? WHOLE_EVERY_MS : false),
  });
}
