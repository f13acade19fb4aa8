import { ApiError, UnreachableError } from "@sluice/client";
import type { UseQueryResult } from "@tanstack/react-query";
import { CircleAlert, Inbox } from "lucide-react";
import { type ReactNode, useState } from "react";
import { isGone } from "../api/problems.ts";
import { isNotLoaded } from "../app/load.ts";
import { Button } from "./button.tsx";

/** Has the height of what will come, so that nothing moves when it does. */
export function Loading({ rows = 3, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-3 p-4">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="h-5 animate-pulse rounded bg-sunken" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center text-muted">
      <Inbox aria-hidden className="size-6" />
      <p className="font-medium text-text">{title}</p>
      {children}
    </div>
  );
}

interface TroubleProps {
  error: unknown;
  /** Default: the server's own. */
  title?: string | undefined;
  retry?: (() => void) | undefined;
  /** It is being asked again. */
  busy?: boolean | undefined;
  /** It is all that the page shows: then its title is the page's. */
  isPage?: boolean | undefined;
}

/** What went wrong, in the server's own words, and what can be done. */
export function Trouble({ error, title = wordsOf(error).title, retry, busy, isPage = false }: TroubleProps) {
  const Title = isPage ? "h1" : "p";
  const { detail } = wordsOf(error);
  return (
    <div role="alert" className="m-4 flex flex-wrap items-start gap-3 rounded-md bg-bad-ground p-3 text-bad">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <Title className="font-semibold">{title}</Title>
        <p>{detail}</p>
      </div>
      {retry !== undefined && (
        <Button size="small" onClick={retry} busy={busy ?? false}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function wordsOf(error: unknown): { title: string; detail: string } {
  if (error instanceof UnreachableError)
    return { title: "The server does not answer", detail: "It is asked again by itself." };
  if (error instanceof ApiError) {
    const fields = (error.problem.errors ?? []).map(({ field, allowed }) => `${field}: ${allowed ?? "not allowed"}`);
    return { title: error.problem.title, detail: [error.message, ...fields].join(" · ") };
  }
  if (isNotLoaded(error))
    return {
      title: "A part of this page did not load",
      detail: "The server was away, or has a new version of the console by now. Load the page anew.",
    };
  return { title: "Something is wrong with this page", detail: error instanceof Error ? error.message : String(error) };
}

/**
 * What went wrong last. A query without an answer forgets that while it is asked again, which happens by itself: a page that
 * says why it is empty would blink.
 */
function useTrouble({ error, errorUpdatedAt }: Pick<UseQueryResult, "error" | "errorUpdatedAt">): Error | null {
  const [last, setLast] = useState({ error, errorUpdatedAt });
  if (error !== null && error !== last.error) setLast({ error, errorUpdatedAt });
  // Another query, shown in the same place, has failed at another time, or never.
  return error ?? (errorUpdatedAt === last.errorUpdatedAt ? last.error : null);
}

/**
 * A query's answer, or what there is instead. What was there before stays while it cannot be asked (the shell says that it is
 * old), and not once it is gone.
 */
export function Answered<T>({
  query,
  rows,
  isPage,
  children,
}: {
  query: Pick<UseQueryResult<T>, "data" | "error" | "errorUpdatedAt" | "isFetching" | "refetch">;
  rows?: number;
  /** Without it the page has nothing to show. */
  isPage?: boolean;
  children: (data: T) => ReactNode;
}) {
  const { data, isFetching, refetch } = query;
  const error = useTrouble(query);
  const isTaken = data !== undefined && isGone(error);
  if (data !== undefined && !isTaken) return children(data);
  if (error === null) return <Loading {...(rows !== undefined && { rows })} />;
  const title = isTaken ? "This is not there any more" : undefined;
  // Who clicks again asks no second time: that would end the question that is under way.
  const retry = (): void => void refetch({ cancelRefetch: false });
  return <Trouble error={error} title={title} retry={retry} busy={isFetching} isPage={isPage} />;
}
