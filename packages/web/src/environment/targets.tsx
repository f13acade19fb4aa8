import type { Environment } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { useProject } from "../app/project.tsx";
import { healthOf, loadOf, nameOfTarget } from "../environments/health.ts";
import { outlookQuery, runningQuery, serversQuery } from "../environments/queries.ts";
import { span } from "../format/time.ts";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Answered } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";

/** Where the environment's programs are, whether they can be reached there, and in which order they are. */
export function Targets({ environment }: { environment: Environment }) {
  const project = useProject();
  const outlook = useQuery(outlookQuery(project));
  const servers = useQuery(serversQuery);
  const running = useQuery(runningQuery(project, environment.name));
  return (
    <Card title="Targets">
      <Answered query={outlook}>
        {({ items: outlooks }) => (
          <Table label="Targets" head={["Target", "Health", "Deployments"]}>
            {environment.targets.map((target) => {
              const { tone, state, words } = healthOf(target, outlooks, servers.data?.items ?? []);
              const { deployments, failed } = loadOf(target, running.data?.items ?? []);
              return (
                <tr key={nameOfTarget(target)}>
                  <Cell heading className="min-w-28">
                    <bdi className="font-mono">{nameOfTarget(target)}</bdi>
                    <span className="block text-xs font-normal text-muted">
                      {[target.type, target.region].filter((part) => part !== undefined).join(" · ")}
                    </span>
                  </Cell>
                  <Cell className="min-w-48">
                    <Badge tone={tone}>{state}</Badge>
                    <span className="mt-1 block text-xs text-muted wrap-anywhere">{words}</span>
                  </Cell>
                  <Cell>
                    {deployments}
                    {failed > 0 && <span className="text-bad"> ({failed} failed)</span>}
                  </Cell>
                </tr>
              );
            })}
          </Table>
        )}
      </Answered>
      {environment.waves !== null && (
        <div className="border-t border-line px-4 py-3">
          <h3 className="font-medium">Waves</h3>
          <ol className="mt-1 list-decimal space-y-0.5 pl-5">
            {environment.waves.map(({ targets, bakeSeconds, maxParallel }, index) => (
              <li key={index} className="wrap-anywhere">
                {targets.join(", ")}
                <span className="text-muted">
                  {maxParallel !== null && ` · ${maxParallel} at once`}
                  {bakeSeconds > 0 && ` · then watched for ${span(bakeSeconds * 1_000)}`}
                </span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Card>
  );
}
