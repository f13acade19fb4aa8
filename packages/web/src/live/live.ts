import { ApiError } from "@sluice/client";
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { sluice } from "../api/client.ts";
import type { ConnectionStore } from "./connection.ts";
import { staleKeys } from "./invalidate.ts";

interface LiveOptions {
  project: string;
  queries: QueryClient;
  connection: ConnectionStore;
  signal: AbortSignal;
}

/** Twice what the server is ever silent. */
const SILENCE_MS = 30_000;
/** Events come in bunches: what they are about is asked anew once for all of them, and lists at most once a second. */
const BUNCH_MS = 40;
const LISTS_EVERY_MS = 1_000;

/**
 * Keeps what the page shows true: every event has the server asked anew about what it is about. After a break everything is:
 * what was missed cannot be known.
 */
export async function followProject({ project, queries, connection, signal }: LiveOptions): Promise<void> {
  const invalidate = (queryKey: QueryKey): void => void queries.invalidateQueries({ queryKey });
  const now = once(BUNCH_MS, invalidate);
  const soon = once(LISTS_EVERY_MS, invalidate);
  const onState = (state: "open" | "lost"): void => {
    const before = connection.get().state;
    connection.set(state === "open" ? "live" : "lost", Date.now());
    if (state !== "open") return;
    if (before === "lost") void queries.invalidateQueries();
    // What was asked before anybody listened may have changed in between.
    const predicate = ({ queryKey: [noun] }: { queryKey: QueryKey }): boolean => noun !== "session";
    if (before === "connecting") void queries.invalidateQueries({ fetchStatus: "idle", predicate });
  };
  try {
    for await (const event of sluice.events({ project, signal, onState, silenceMs: SILENCE_MS })) {
      const stale = staleKeys(event);
      for (const key of stale.now) now(key);
      for (const key of stale.soon) soon(key);
    }
  } catch (error) {
    connection.set("lost", Date.now());
    // Nobody is signed in any more: the session says so, and asks for a token.
    if (error instanceof ApiError) void queries.invalidateQueries({ queryKey: ["session"] });
    else throw error;
  }
}

/** Calls back once for every key in an interval: at its end, however often it was asked for. */
function once(everyMs: number, run: (key: QueryKey) => void): (key: QueryKey) => void {
  const waiting = new Map<string, QueryKey>();
  return (key) => {
    if (waiting.size === 0)
      setTimeout(() => {
        const keys = [...waiting.values()];
        waiting.clear();
        for (const one of keys) run(one);
      }, everyMs);
    waiting.set(JSON.stringify(key), key);
  };
}
