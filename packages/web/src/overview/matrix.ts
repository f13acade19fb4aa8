import type { Overview } from "./queries.ts";

export type Placed = Overview["deployments"][number];

export interface MatrixRow {
  artifact: Overview["artifacts"][number];
  /** By environment, in the order of the columns. */
  cells: { environment: string; deployments: Placed[] }[];
}

/** Artifacts with what each has in every environment: first those that move, or whose last delivery failed; then by name. */
export function matrixOf({ environments, artifacts, deployments }: Overview): MatrixRow[] {
  const byArtifact = new Map<string, Map<string, Placed[]>>();
  for (const deployment of deployments) {
    const row = byArtifact.get(deployment.artifact) ?? new Map<string, Placed[]>();
    byArtifact.set(deployment.artifact, row);
    row.set(deployment.environment, [...(row.get(deployment.environment) ?? []), deployment]);
  }
  const urgent = new Set(deployments.filter(isUrgent).map(({ artifact }) => artifact));
  const rows = artifacts.map((artifact) => ({
    artifact,
    cells: environments.map(({ name }) => ({
      environment: name,
      deployments: byArtifact.get(artifact.name)?.get(name) ?? [],
    })),
  }));
  return [
    ...rows.filter(({ artifact }) => urgent.has(artifact.name)),
    ...rows.filter(({ artifact }) => !urgent.has(artifact.name)),
  ];
}

const isUrgent = ({ rollout, status }: Placed): boolean => rollout !== null || status === "failed";
