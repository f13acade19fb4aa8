import type { Artifact, Phase } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useProject } from "../app/project.tsx";
import { Card } from "../ui/card.tsx";
import { PhaseBadge } from "../ui/phase.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useNow } from "../ui/use-now.ts";
import { deliveriesQuery } from "./queries.ts";
import { servedFor } from "./served.ts";

/** Where each version was, and for how long. */
export function History({ artifact }: { artifact: Artifact }) {
  const deliveries = useQuery(deliveriesQuery(useProject(), artifact.name));
  const now = useNow();
  return (
    <Answered query={deliveries} rows={6}>
      {({ items }) => (
        <Card>
          {items.length === 0 ? (
            <Empty title="No version of it was deployed yet" />
          ) : (
            <Table
              label={`Where versions of ${artifact.name} were`}
              head={["Version", "Environment", "Came of it", "Begun", "By", "Served for"]}
            >
              {items.map((one) => (
                <tr key={one.rollout} className="hover:bg-sunken">
                  <Cell heading className="font-mono whitespace-nowrap">
                    {one.version}
                    {one.fromVersion !== null && (
                      <span className="font-normal text-muted">
                        <span className="sr-only"> after</span>
                        <span aria-hidden> ←</span> {one.fromVersion}
                      </span>
                    )}
                  </Cell>
                  <Cell>
                    <Link to="/deployments/$id" params={{ id: one.deployment }} className="text-accent underline">
                      {one.environment}
                    </Link>
                  </Cell>
                  <Cell>
                    <Link to="/rollouts/$id" params={{ id: one.rollout }}>
                      <PhaseBadge phase={one.outcome as Phase} />
                    </Link>
                  </Cell>
                  <Cell className="text-muted">
                    <Time at={one.startedAt} />
                  </Cell>
                  <Cell className="text-muted wrap-anywhere">
                    <bdi>{one.triggeredBy}</bdi>
                  </Cell>
                  <Cell className="whitespace-nowrap">{servedFor(one, now)}</Cell>
                </tr>
              ))}
            </Table>
          )}
        </Card>
      )}
    </Answered>
  );
}
