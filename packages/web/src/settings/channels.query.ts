import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

export const channelsQuery = (project: string) =>
  queryOptions({
    queryKey: ["notifications", project],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/notifications", { params: { query: { project, limit: 200 } }, signal })),
  });
