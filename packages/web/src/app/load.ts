import { queryOptions } from "@tanstack/react-query";
import { lazyRouteComponent } from "@tanstack/react-router";

/** What pages are made of comes when they are opened: from a server that may be away by then, or have another version. */

const notLoaded = new WeakSet<object>();

window.addEventListener("vite:preloadError", ({ payload }) => void notLoaded.add(payload));

/** Whether an error means that code of the console did not come. */
export const isNotLoaded = (error: unknown): boolean =>
  error instanceof Error && (notLoaded.has(error) || isNotLoaded(error.cause));

/** A page that is loaded when somebody is about to open it. */
export const page: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(
    () =>
      load().catch((cause: unknown) => {
        // The router would load the whole console anew at once: where the server is away, that is the end of it.
        throw new Error("this page did not load", { cause });
      }),
    name,
  );

/** Whether the server has another version of the console than the one that runs here: what this one begins with is gone. */
export const outdatedQuery = queryOptions({
  queryKey: ["outdated"],
  queryFn: async ({ signal }): Promise<boolean> => {
    const first = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.src ?? "/";
    const { ok, status } = await fetch(first, { method: "HEAD", cache: "no-store", signal });
    if (!ok && status !== 404) throw new Error(`the server answered ${status}`);
    return status === 404;
  },
  // Asked when a connection was lost and is back: versions change while the server is away.
  initialData: false,
  staleTime: Number.POSITIVE_INFINITY,
});
