import { ApiError, isPassing } from "@sluice/client";
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { sessionQuery } from "../api/queries.ts";

/** How often what may pass by itself is asked again before it is told. */
const ATTEMPTS = 2;

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        // Events say what to ask anew; without any, what is a few seconds old is good enough for another page.
        staleTime: 5_000,
        retry: (failures, error) => isPassing(error) && failures < ATTEMPTS,
        refetchOnWindowFocus: false,
        // The server may be this machine: it is there without any network.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
    queryCache: new QueryCache({
      onError(error, { queryKey }) {
        if (!(error instanceof ApiError) || error.status !== 401 || queryKey[0] === "session") return;
        // The token counts no more: one answer says so, and nothing else is asked until somebody signs in.
        void client.invalidateQueries(sessionQuery);
      },
    }),
  });
  return client;
}
