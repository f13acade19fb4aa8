import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button } from "./button.tsx";

/** The next page of a list that is newest first; nothing where there is none. */
export function Earlier({
  query: { hasNextPage, isFetchingNextPage, fetchNextPage },
}: {
  query: Pick<UseInfiniteQueryResult, "hasNextPage" | "isFetchingNextPage" | "fetchNextPage">;
}) {
  if (!hasNextPage) return null;
  return (
    <div className="border-t border-line p-3 text-center">
      <Button size="small" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Earlier ones
      </Button>
    </div>
  );
}
