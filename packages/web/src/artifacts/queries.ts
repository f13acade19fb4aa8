import { type Artifact, type Deployment, paginate } from "@sluice/client";
import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

/** More than these are for the command line. */
const MOST = 2_000;

async function first<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const read: Item[] = [];
  for await (const item of items) if (read.push(item) >= MOST) break;
  return read;
}

const cursorOf = (cursor?: string) => (cursor === undefined ? {} : { cursor });

export const artifactsQuery = (project: string) =>
  queryOptions({
    queryKey: ["artifacts", project],
    queryFn: ({ signal }): Promise<Artifact[]> =>
      first(
        paginate((cursor) =>
          ok(
            sluice.http.GET("/v1/artifacts", {
              params: { query: { project, limit: 200, ...cursorOf(cursor) } },
              signal,
            }),
          ),
        ),
      ),
  });

/** Where artifacts run; of one of them, or of all. */
export const placesQuery = (project: string, artifact?: string) =>
  queryOptions({
    queryKey: ["deployments", project, "places", artifact ?? null],
    queryFn: ({ signal }): Promise<Deployment[]> =>
      first(
        paginate((cursor) =>
          ok(
            sluice.http.GET("/v1/deployments", {
              params: {
                query: { project, limit: 200, ...(artifact !== undefined && { artifact }), ...cursorOf(cursor) },
              },
              signal,
            }),
          ),
        ),
      ),
  });
