import { notifyManager, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { span } from "../format/time.ts";
import { isOld } from "../live/old.ts";
import { Button } from "../ui/button.tsx";
import { wordsOf } from "../ui/states.tsx";
import { useNow } from "../ui/use-now.ts";
import { useLost } from "./live.tsx";
import { outdatedQuery } from "./load.ts";
import { Reload } from "./page-trouble.tsx";

/** How often what could not be asked anew is tried again. Milliseconds. */
const AGAIN_MS = 5_000;

/** What is to be known of the page as a whole, at its lower edge: nothing moves for it, and the menu stays in reach. */
export function Notices() {
  const lost = useLost();
  return (
    <div className="fixed inset-x-0 bottom-0 z-30">
      <NewVersion />
      {lost === null ? <Old /> : <Lost since={lost} />}
    </div>
  );
}

const Notice = ({ tone, children }: { tone: "warn" | "plain"; children: ReactNode }) => (
  <div
    role="status"
    className={`flex flex-wrap items-center justify-center gap-x-3 gap-y-1 border-t border-line px-4 py-1.5 text-center font-medium ${tone === "warn" ? "bg-warn-ground text-warn" : "bg-raised"}`}
  >
    {children}
  </div>
);

function Lost({ since }: { since: number }) {
  const now = useNow();
  return (
    <Notice tone="warn">
      No connection to the server for {span(now - since)}. What you see is from before; it is tried again by itself.
    </Notice>
  );
}

/** Something that is shown could not be asked anew, though the server is there. */
function Old() {
  const queries = useQueryClient();
  const cache = queries.getQueryCache();
  const error = useSyncExternalStore(
    useCallback((told: () => void) => cache.subscribe(notifyManager.batchCalls(told)), [cache]),
    () => cache.getAll().find(isOld)?.state.error ?? null,
  );
  const isFailing = error !== null;
  const again = useCallback(() => void queries.refetchQueries({ predicate: isOld }), [queries]);
  useEffect(() => {
    if (!isFailing) return;
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isFailing, again]);
  if (!isFailing) return null;
  return (
    <Notice tone="warn">
      <span className="min-w-0 wrap-anywhere">
        Some of what you see is from before; it is tried again by itself. {wordsOf(error).detail}
      </span>
      <Button size="small" onClick={again}>
        Try again
      </Button>
    </Notice>
  );
}

/** Old and new work together: whoever is in the middle of something finishes it first. */
function NewVersion() {
  const outdated = useQuery(outdatedQuery).data;
  const [isLater, setLater] = useState(false);
  if (!outdated || isLater) return null;
  return (
    <Notice tone="plain">
      A new version of the console is there.
      <Reload>Reload</Reload>
      <Button size="small" tone="quiet" onClick={() => setLater(true)}>
        Later
      </Button>
    </Notice>
  );
}
