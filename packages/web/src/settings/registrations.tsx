import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";

const registrationsQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["integrations", project, name, "registrations"],
    queryFn: ({ signal }) =>
      ok(
        sluice.http.GET("/v1/integrations/{name}/registrations", {
          params: { path: { name }, query: { project, limit: 100 } },
          signal,
        }),
      ),
  });

/** What a service was told that serves. */
export function Registrations({ name }: { name: string }) {
  const registrations = useQuery(registrationsQuery(useProject(), name));
  return (
    <Card
      title={
        <>
          What <bdi>{name}</bdi> was told
        </>
      }
    >
      <Answered query={registrations}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing yet" />
          ) : (
            <Table label="Registrations" head={["Deployment", "Version", "Environment", "State", "When"]}>
              {items.map((told) => (
                <tr key={told.deployment.id}>
                  <Cell heading className="min-w-32 wrap-anywhere">
                    <Link to="/deployments/$id" params={{ id: told.deployment.id }} className="text-accent underline">
                      <bdi>{told.deployment.name}</bdi>
                    </Link>
                  </Cell>
                  <Cell className="font-mono">{told.version}</Cell>
                  <Cell className="min-w-24 wrap-anywhere">{told.environment}</Cell>
                  <Cell>
                    <Badge tone={told.state === "registered" ? "good" : "plain"}>{told.state}</Badge>
                  </Cell>
                  <Cell>
                    <Time at={told.at} />
                  </Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Answered>
    </Card>
  );
}
