import type { Deployment } from "@sluice/client";
import { age, percent } from "../output/quantity.ts";
import { type Column, renderFields, renderTable } from "../output/table.ts";

type SplitEntry = Deployment["split"][number];

const ready = (entries: readonly SplitEntry[]): string => {
  const sum = (pick: (entry: SplitEntry) => number) => entries.reduce((total, entry) => total + pick(entry), 0);
  return `${sum((entry) => entry.instances.ready)}/${sum((entry) => entry.instances.desired)}`;
};

const traffic = (entries: readonly SplitEntry[]): string =>
  entries
    .filter((entry) => entry.weight > 0)
    .map((entry) => `${entry.version} ${percent(entry.weight)}`)
    .join(", ");

export const deploymentColumns = (now: number): Column<Deployment>[] => [
  { title: "name", value: ({ name }) => name },
  { title: "environment", value: ({ environment }) => environment },
  { title: "kind", value: ({ kind }) => kind },
  { title: "status", value: ({ status }) => status },
  { title: "version", value: ({ version }) => version },
  { title: "traffic", value: ({ split }) => traffic(split) || null },
  { title: "ready", value: ({ split }) => ready(split) },
  { title: "age", value: ({ createdAt }) => age(createdAt, now) },
  { title: "id", value: ({ id }) => id },
];

const SPLIT_COLUMNS: Column<SplitEntry>[] = [
  { title: "revision", value: ({ revision }) => revision },
  { title: "version", value: ({ version }) => version },
  { title: "role", value: ({ role }) => role },
  { title: "traffic", value: ({ weight }) => percent(weight) },
  { title: "ready", value: ({ instances }) => `${instances.ready}/${instances.desired}` },
];

type Member = NonNullable<Deployment["members"]>[number];

const MEMBER_COLUMNS: Column<Member>[] = [
  { title: "target", value: ({ target }) => target },
  { title: "status", value: ({ status, trouble }) => (trouble === null ? status : `${status}: ${trouble}`) },
  { title: "version", value: ({ version }) => version },
  { title: "traffic", value: ({ split }) => traffic(split) || null },
  { title: "ready", value: ({ split }) => ready(split) },
  { title: "address", value: ({ endpoints }) => addressOf(endpoints) },
];

function addressOf({ external, headers }: Member["endpoints"]): string | null {
  if (external === null) return null;
  return [external, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join(" ");
}

export function renderDeployment(deployment: Deployment, now: number): string {
  const fields = renderFields({
    name: deployment.name,
    id: deployment.id,
    project: deployment.project,
    environment: deployment.environment,
    artifact: `${deployment.artifact} (${deployment.kind})`,
    status: deployment.status,
    target: deployment.target,
    version: `${deployment.version} (revision ${deployment.revision})`,
    "active rollout": deployment.activeRollout,
    address: deployment.endpoints.external,
    labels: Object.entries(deployment.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(", "),
    created: `${age(deployment.createdAt, now)} ago by ${deployment.deployedBy}`,
  });
  const { members } = deployment;
  const parts = [fields, renderTable(deployment.split, SPLIT_COLUMNS)];
  return [...parts, ...(members === null ? [] : [renderTable(members, MEMBER_COLUMNS)])].join("\n\n");
}
