import { ApiError } from "@sluice/client";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { isOld } from "./old.ts";

const answered = (status: number): ApiError =>
  new ApiError({ type: "about:blank", title: "no", status, detail: "no answer for you" });

/** A query that was answered once, and then by `error`. */
async function failing(error: Error, isShown = true) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const queryKey = ["rollout", "rol_1"];
  client.setQueryData(queryKey, { phase: "shifting" });
  const observer = new QueryObserver(client, { queryKey, queryFn: () => Promise.reject(error), staleTime: 60_000 });
  const stop = isShown ? observer.subscribe(() => undefined) : () => undefined;
  await observer.refetch();
  const [query] = client.getQueryCache().getAll();
  const result = query !== undefined && isOld(query);
  stop();
  client.clear();
  return result;
}

test("what is shown and could not be asked anew is old", async () => {
  expect(await failing(answered(500))).toBe(true);
  expect(await failing(new Error("no answer"))).toBe(true);
});

test("what is gone, or not for whoever looks, is no old thing but none", async () => {
  for (const status of [403, 404, 410]) expect(await failing(answered(status))).toBe(false);
});

test("what nobody looks at is not told of", async () => {
  expect(await failing(answered(500), false)).toBe(false);
});
