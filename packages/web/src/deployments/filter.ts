import type { Deployment } from "@sluice/client";
import { oneIn, present, textIn } from "../app/search.ts";

const KIND_SET: Readonly<Record<Deployment["kind"], true>> = {
  ...{ application: true, prompt: true, agent: true, model: true, pipeline: true },
};
const STATUS_SET: Readonly<Record<Deployment["status"], true>> = {
  ...{
    running: true,
    deploying: true,
    updating: true,
    rolling_back: true,
    failed: true,
    stopped: true,
    deleting: true,
  },
};

export const KINDS = Object.keys(KIND_SET) as Deployment["kind"][];
export const STATUSES = Object.keys(STATUS_SET) as Deployment["status"][];

export interface DeploymentsSearch {
  /** Words that all have to be in name, artifact or version. */
  q?: string;
  environment?: string;
  kind?: Deployment["kind"];
  status?: Deployment["status"];
  /** `name=value`, or a name whose value may be anything. */
  label?: string;
}

export const deploymentsSearch = (raw: Record<string, unknown>): DeploymentsSearch =>
  present({
    q: textIn(raw.q),
    environment: textIn(raw.environment),
    kind: oneIn(KINDS, raw.kind),
    status: oneIn(STATUSES, raw.status),
    label: textIn(raw.label),
  });

/** What the list needs of a deployment, with what is searched in it made ready once. */
export interface Row {
  deployment: Deployment;
  text: string;
  labels: ReadonlySet<string>;
}

export const rowsOf = (deployments: readonly Deployment[]): Row[] =>
  deployments.map((deployment) => {
    const { name, artifact, version, labels } = deployment;
    const pairs = Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]);
    return { deployment, text: `${name}\n${artifact}\n${version}`.toLowerCase(), labels: new Set(pairs) };
  });

/** Those that are all that was asked for, in their order. */
export function matching(rows: readonly Row[], { q = "", environment, kind, status, label }: DeploymentsSearch): Row[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    ({ deployment, text, labels }) =>
      (environment === undefined || deployment.environment === environment) &&
      (kind === undefined || deployment.kind === kind) &&
      (status === undefined || deployment.status === status) &&
      (label === undefined || labels.has(label)) &&
      words.every((word) => text.includes(word)),
  );
}

/** What there is to choose from, each once and in order. */
export function choicesIn(rows: readonly Row[]): { environments: string[]; labels: string[] } {
  const environments = new Set<string>();
  const labels = new Set<string>();
  for (const row of rows) {
    environments.add(row.deployment.environment);
    for (const label of row.labels) labels.add(label);
  }
  return { environments: [...environments].sort(), labels: [...labels].sort() };
}
