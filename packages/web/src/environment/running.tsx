import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useProject } from "../app/project.tsx";
import { MOST_RUNNING, runningQuery } from "../environments/queries.ts";
import { Card } from "../ui/card.tsx";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";

/** What is there, and what of it moves. */
export function Running({ environment }: { environment: string }) {
  const running = useQuery(runningQuery(useProject(), environment));
  return (
    <Card
      title="What runs here"
      aside={
        <Link to="/deployments" search={{ environment }} className="text-xs text-accent underline">
          All of it
        </Link>
      }
    >
      <Answered query={running}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title="Nothing runs here yet" />
          ) : (
            <>
              <Table label="Deployments" head={["Deployment", "Version", "Status", "Changed"]}>
                {items.map(({ id, name, version, status, activeRollout, updatedAt }) => (
                  <tr key={id}>
                    <Cell heading className="min-w-28 wrap-anywhere">
                      <Link to="/deployments/$id" params={{ id }} className="text-accent underline">
                        <bdi>{name}</bdi>
                      </Link>
                    </Cell>
                    <Cell className="font-mono">{version}</Cell>
                    <Cell>
                      <StatusBadge status={status} />
                      {activeRollout !== null && (
                        <Link
                          to="/rollouts/$id"
                          params={{ id: activeRollout }}
                          aria-label={`Rollout of ${name}`}
                          className="ml-2 text-accent underline"
                        >
                          rollout
                        </Link>
                      )}
                    </Cell>
                    <Cell className="text-muted">
                      <Time at={updatedAt} />
                    </Cell>
                  </tr>
                ))}
              </Table>
              {nextCursor !== null && (
                <p className="border-t border-line px-4 py-2 text-muted">These are the first {MOST_RUNNING}.</p>
              )}
            </>
          )
        }
      </Answered>
    </Card>
  );
}
