import type { Deployment, DeploymentMetrics, Rollout } from "@sluice/client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { deploymentQuery } from "../api/queries.ts";
import { count, milliseconds, NONE, percent, rate, share } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { isOver } from "./commands.ts";
import type { recent } from "./series.ts";

const metricsQuery = (id: string) =>
  queryOptions({
    queryKey: ["deployment", id, "metrics"],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/deployments/{id}/metrics", { params: { path: { id } }, signal })),
  });

/** Stable and candidate side by side. */
export function Arms({ rollout, last }: { rollout: Rollout; last: ReturnType<typeof recent> }) {
  const refetchInterval = isOver(rollout) ? false : 2_000;
  const deployment = useQuery({ ...deploymentQuery(rollout.deployment), refetchInterval });
  const metrics = useQuery({ ...metricsQuery(rollout.deployment), refetchInterval });
  const arms = [
    { name: "stable", revision: rollout.fromRevision, version: rollout.fromVersion, last: last.stable },
    { name: "candidate", revision: rollout.toRevision, version: rollout.toVersion, last: last.candidate },
  ] as const;
  const of = (revision: number | null) => ({
    split: deployment.data?.split.find((entry) => entry.revision === revision),
    counted: metrics.data?.revisions.find((entry) => entry.revision === revision),
  });
  const seen = arms.map((arm) => ({ ...arm, ...of(arm.revision) }));
  const rows: [string, (arm: (typeof seen)[number]) => string][] = [
    ["Share of the callers", ({ split }) => percent(split?.weight)],
    ["Instances ready", ({ split }) => instances(split)],
    ["Requests lately", (arm) => rate(arm.last.rate)],
    ["Errors lately", (arm) => share(arm.last.errors)],
    ["Requests in all", ({ counted }) => count(counted?.requests)],
    ["Errors in all", ({ counted }) => errors(counted)],
    ["Latency p50", ({ counted }) => milliseconds(counted?.latencyMs.p50)],
    ["Latency p99", ({ counted }) => milliseconds(counted?.latencyMs.p99)],
  ];
  return (
    <Card title="Stable beside candidate">
      <table className="w-full">
        <thead>
          <tr className="border-b border-line text-left">
            <th className="px-4 py-2 font-normal text-muted">
              <span className="sr-only">Figure</span>
            </th>
            {seen.map(({ name, version, revision }) => (
              <th key={name} className={`px-4 py-2 text-right ${name === "stable" ? "text-stable" : "text-candidate"}`}>
                {name}
                <span className="block font-mono text-xs font-normal text-muted">
                  {version === null ? NONE : `${version} · r${revision}`}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([label, figure]) => (
            <tr key={label} className="border-b border-line last:border-0">
              <th scope="row" className="px-4 py-1.5 text-left font-normal text-muted">
                {label}
              </th>
              {seen.map((arm) => (
                <td key={arm.name} className="px-4 py-1.5 text-right">
                  {figure(arm)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

const instances = (split: Deployment["split"][number] | undefined): string =>
  split === undefined ? NONE : `${split.instances.ready} of ${split.instances.desired}`;

const errors = (counted: DeploymentMetrics["revisions"][number] | undefined): string =>
  counted === undefined ? NONE : `${count(counted.errors)} (${share(counted.errorRate)})`;
