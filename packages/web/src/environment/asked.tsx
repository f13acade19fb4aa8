import { queryOptions, useQuery } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Answered } from "../ui/states.tsx";

const gatesQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["gates", project, environment],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/gates", { params: { query: { project, environment, limit: 200 } }, signal })),
  });

const policiesQuery = (project: string) =>
  queryOptions({
    queryKey: ["policies", project],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/policies", { params: { query: { project, limit: 200 } }, signal })),
  });

/** What every candidate is asked here before it gets callers: gates of its figures, policies of what it is. */
export function Asked({ environment }: { environment: string }) {
  const project = useProject();
  const gates = useQuery(gatesQuery(project, environment));
  const policies = useQuery(policiesQuery(project));
  return (
    <Card title="Gates and policies">
      <h3 className="px-4 pt-3 font-medium">Gates</h3>
      <Answered query={gates} rows={1}>
        {({ items }) => (
          <ul className="px-4 pb-2">
            {items.length === 0 && <li className="text-muted">None is asked here.</li>}
            {items.map(({ name, artifact, kind, required, conditions }) => (
              <li key={name} className="flex flex-wrap items-center gap-2 py-1">
                <bdi className="font-mono">{name}</bdi>
                {!required && <Badge>tells only</Badge>}
                <span className="text-muted">
                  {artifact ?? (kind === null ? "every artifact" : `every ${kind}`)} · {conditions.length}{" "}
                  {conditions.length === 1 ? "condition" : "conditions"}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Answered>
      <h3 className="border-t border-line px-4 pt-3 font-medium">Policies</h3>
      <Answered query={policies} rows={1}>
        {({ items }) => {
          const here = items.filter((policy) => policy.environment === null || policy.environment === environment);
          return (
            <ul className="px-4 pb-3">
              {here.length === 0 && <li className="text-muted">None holds here.</li>}
              {here.map(({ name, severity, description }) => (
                <li key={name} className="py-1">
                  <bdi className="font-mono">{name}</bdi>{" "}
                  <Badge tone={severity === "critical" ? "bad" : "plain"}>{severity}</Badge>
                  <span className="block text-muted wrap-anywhere">{description}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </Answered>
    </Card>
  );
}
