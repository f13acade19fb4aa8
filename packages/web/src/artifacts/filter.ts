import type { Artifact, Deployment } from "@sluice/client";
import { oneIn, present, textIn } from "../app/search.ts";

export const KINDS = [
  "application",
  "agent",
  "model",
  "pipeline",
  "prompt",
] as const satisfies readonly Artifact["kind"][];

export interface ArtifactsSearch {
  /** Words that all have to be in its name or labels. */
  q?: string;
  kind?: Artifact["kind"];
  /** `-`: in none. */
  environment?: string;
}

export const artifactsSearch = (raw: Record<string, unknown>): ArtifactsSearch =>
  present({ q: textIn(raw.q), kind: oneIn(KINDS, raw.kind), environment: textIn(raw.environment) });

/** A version that serves in an environment, by the deployment that has it there. */
export interface Place {
  environment: string;
  version: string;
  deployment: string;
}

export interface ArtifactRow {
  artifact: Artifact;
  places: Place[];
}

/** Every version that callers get, by where: none of a deployment that has yet to serve, or is stopped; two amid a rollout. */
export const placesOf = (deployments: readonly Deployment[]): Place[] =>
  deployments
    .filter(({ status }) => status !== "stopped")
    .flatMap(({ id, environment, split }) => {
      const served = new Set(split.filter(({ weight }) => weight > 0).map(({ version }) => version));
      return [...served].map((version) => ({ deployment: id, environment, version }));
    });

/** Every artifact with where it serves, in the order of the artifacts. */
export function rowsOf(artifacts: readonly Artifact[], deployments: readonly Deployment[]): ArtifactRow[] {
  const places = Map.groupBy(deployments, ({ artifact }) => artifact);
  return artifacts.map((artifact) => ({
    artifact,
    places: placesOf(places.get(artifact.name) ?? []).toSorted((left, right) =>
      left.environment.localeCompare(right.environment),
    ),
  }));
}

/** Those that are all that was asked for, in their order. */
export function matching(rows: readonly ArtifactRow[], { q = "", kind, environment }: ArtifactsSearch): ArtifactRow[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ artifact, places }) => {
    const text = [artifact.name, ...Object.entries(artifact.labels).flat()].join("\n").toLowerCase();
    return (
      (kind === undefined || artifact.kind === kind) &&
      (environment === undefined ||
        (environment === NOWHERE ? places.length === 0 : places.some((place) => place.environment === environment))) &&
      words.every((word) => text.includes(word))
    );
  });
}

/** In the address; no environment is called so, since their names begin with a letter. */
export const NOWHERE = "-";
