import type { Deployment } from "@sluice/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { RolloutRow } from "../rollouts/row.tsx";
import { Card } from "../ui/card.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { historyQuery } from "./queries.ts";

/** Every rollout of the deployment, the newest first. */
export function History({ deployment }: { deployment: Deployment }) {
  const rollouts = useInfiniteQuery(historyQuery(deployment.project, deployment.id));
  return (
    <Card title="Its rollouts" className="min-h-96">
      <Answered query={rollouts} rows={8}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="There was none yet" />;
          return (
            <ul aria-label="Rollouts" className="divide-y divide-line">
              {items.map((rollout) => (
                <RolloutRow key={rollout.id} rollout={rollout} />
              ))}
            </ul>
          );
        }}
      </Answered>
      <Earlier query={rollouts} />
    </Card>
  );
}
