import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { createConnectionStore } from "../live/connection.ts";
import { followProject } from "../live/live.ts";
import { useProject } from "./project.tsx";

const connection = createConnectionStore();

/** Follows the project for as long as the page is looked at; in the background a browser has better uses for its connections. */
export function useLive(): void {
  const project = useProject();
  const queries = useQueryClient();
  useEffect(() => {
    let stop: AbortController | null = null;
    const follow = (): void => {
      stop?.abort();
      stop = null;
      if (document.visibilityState === "hidden") return;
      stop = new AbortController();
      void followProject({ project, queries, connection, signal: stop.signal });
    };
    const onVisible = (): void => {
      follow();
      if (document.visibilityState === "visible") void queries.invalidateQueries();
    };
    follow();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      document.removeEventListener("visibilitychange", onVisible);
      stop?.abort();
    };
  }, [project, queries]);
}

/** Since when nothing is heard of the server (ms since 1970); null: something is. */
export function useLost(): number | null {
  const state = useSyncExternalStore(connection.subscribe, connection.get);
  return state.state === "lost" ? state.since : null;
}

export function ConnectionDot() {
  const { state } = useSyncExternalStore(connection.subscribe, connection.get);
  const words = { connecting: "connecting", live: "live", lost: "no connection" }[state];
  const tone = { connecting: "bg-edge", live: "bg-good", lost: "bg-warn" }[state];
  return (
    <span className="flex items-center gap-1.5 text-xs text-muted">
      <span aria-hidden className={`size-2 rounded-full ${tone}`} />
      {words}
    </span>
  );
}
