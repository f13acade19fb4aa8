import { paginate } from "@sluice/client";
import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

/** A choice of more than these is none. */
const MOST = 1_000;

/** Names of the project's artifacts, in order. */
export const artifactNamesQuery = (project: string) =>
  queryOptions({
    queryKey: ["artifacts", project, "names"],
    queryFn: async ({ signal }) => {
      const names: string[] = [];
      const page = (cursor?: string) =>
        ok(
          sluice.http.GET("/v1/artifacts", {
            params: { query: { project, limit: 200, ...(cursor !== undefined && { cursor }) } },
            signal,
          }),
        );
      for await (const { name } of paginate(page)) if (names.push(name) >= MOST) break;
      return names.sort();
    },
    staleTime: 60_000,
  });
