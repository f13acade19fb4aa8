import { isPassing } from "@sluice/client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { planQuery } from "./queries.ts";
import type { PlanBody } from "./types.ts";

/** After the last key press, before the server is asked. Milliseconds. */
const SETTLED_MS = 400;

/** After a server that did not answer. Milliseconds. */
const AGAIN_MS = 5_000;

/** What the server says would happen, asked anew a moment after something was written. `settled`: the answer is about what stands there. */
export function usePlan(body: PlanBody, isComplete: boolean) {
  const text = JSON.stringify(body);
  const [asked, ask] = useState({ text, body });
  useEffect(() => {
    if (text === asked.text) return;
    const timer = setTimeout(() => ask({ text, body: JSON.parse(text) }), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text, asked.text]);
  const plan = useQuery({
    ...planQuery(asked.body),
    enabled: isComplete,
    placeholderData: keepPreviousData,
    // Nobody writes anything for the server to be asked again.
    refetchInterval: ({ state }) => isPassing(state.error) && AGAIN_MS,
  });
  const settled = text === asked.text && !plan.isFetching && !plan.isPlaceholderData;
  return { plan, settled };
}
