import type { Rollout } from "@sluice/client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { clock, exact } from "../format/time.ts";
import { Card } from "../ui/card.tsx";
import { Hint } from "../ui/hint.tsx";
import { Answered, Empty } from "../ui/states.tsx";

/** Below the rollout's own key: what makes that worth asking anew is an event, too. */
const eventsQuery = (id: string) =>
  queryOptions({
    queryKey: ["rollout", id, "events"],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/rollouts/{id}/events", { params: { path: { id }, query: { limit: 200 } }, signal })),
  });

/** Everything that happened, the newest first. */
export function Events({ rollout }: { rollout: Rollout }) {
  const events = useQuery(eventsQuery(rollout.id));
  return (
    <Card title="What happened">
      <Answered query={events}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing yet" />
          ) : (
            <ol
              aria-label="Events, scrolled"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
              tabIndex={0}
              className="max-h-96 divide-y divide-line overflow-y-auto -outline-offset-2"
            >
              {items.toReversed().map(({ id, at, message, alert }) => (
                <li key={id} className="flex gap-3 px-4 py-2">
                  <Hint text={exact(at)}>
                    <time dateTime={at} className="shrink-0 text-muted">
                      {clock(at)}
                    </time>
                  </Hint>
                  <span className={`min-w-0 wrap-anywhere ${alert ? "font-medium text-bad" : ""}`}>{message}</span>
                </li>
              ))}
            </ol>
          )
        }
      </Answered>
    </Card>
  );
}
