import type { Page } from "playwright-core";
import { expect } from "vitest";

/**
 * Watches what a page asks for from now on. The answer resolves when everything was answered, and nothing was asked for since;
 * streams, which never are, do not count.
 */
export function watchRequests(page: Page): () => Promise<void> {
  const open = new Set<object>();
  page.on("request", (request) => {
    if (request.headers().accept?.includes("event-stream") !== true) open.add(request);
  });
  page.on("requestfinished", (request) => void open.delete(request));
  page.on("requestfailed", (request) => void open.delete(request));
  return () => expect.poll(() => open.size).toBe(0);
}

/** All of it, to the end: what one leaves undone by its failure would disturb what comes next. */
export async function together(...tries: readonly Promise<void>[]): Promise<void> {
  for (const tried of await Promise.allSettled(tries)) if (tried.status === "rejected") throw tried.reason;
}
