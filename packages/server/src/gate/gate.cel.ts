import { type ArtifactKind, invalidField, type VersionSpec } from "@sluice/core";
import { compileCel, placeOf } from "../cel/cel.compile.ts";
import { type CelDeclarations, TIMESTAMP } from "../cel/cel.declarations.ts";
import type { Reference } from "../cel/cel.tree.ts";
import type { StoredEvaluation } from "../evaluation/evaluation.store.ts";

/** What a gate's expression may speak of (docs/guides/gates.md). */
export const GATE_CEL: CelDeclarations = {
  types: {
    Version: {
      name: "string",
      version: "string",
      kind: "string",
      digest: "string",
      labels: "map<string, string>",
      spec: "map<string, dyn>",
    },
    Evaluation: {
      id: "string",
      dataset: "string",
      metrics: "map<string, double>",
      sampleCount: "int",
      source: "string",
      finishedAt: TIMESTAMP,
    },
    Deployment: {
      id: "string",
      name: "string",
      environment: "string",
      strategy: "string",
      fromVersion: "string",
      labels: "map<string, string>",
    },
  },
  variables: {
    version: "Version",
    evaluations: "map<string, Evaluation>",
    metrics: "map<string, double>",
    deployment: "Deployment",
  },
};

/** Variables whose entries come with evaluations: what is not there may still come. */
const AWAITED: ReadonlySet<string> = new Set(["evaluations", "metrics"]);

export const isAwaited = ([root]: readonly string[]): boolean => root !== undefined && AWAITED.has(root);

/**
 * Compiles a gate's expression. Throws `invalid_argument` that names the field and the place for one that does not
 * compile, and for one that names a metric which nobody knows.
 */
export function compileGateCel(expression: string, field: string, isKnown: (metric: string) => boolean, known: string) {
  const { references } = compileCel(expression, GATE_CEL, field);
  for (const reference of references) {
    const metric = metricOf(reference);
    if (metric === null || isKnown(metric)) continue;
    const place = placeOf(expression, reference.start);
    throw invalidField(field, expression, `metrics that are known; ${metric} at ${place} is none of ${known}`);
  }
  return references;
}

/** The metric that a reference names: `metrics.score`, `evaluations.smoke.metrics.score`. */
export function metricOf({ path }: Reference): string | null {
  const [root, second, third, fourth] = path;
  if (root === "metrics") return second ?? null;
  return root === "evaluations" && third === "metrics" ? (fourth ?? null) : null;
}

/** Datasets that the references name. */
export const datasetsOf = (references: readonly Reference[]): string[] =>
  references.flatMap(({ path: [root, dataset] }) => (root === "evaluations" && dataset !== undefined ? [dataset] : []));

export interface CelSubject {
  artifact: string;
  kind: ArtifactKind;
  labels: Record<string, string>;
  version: { version: string; digest: string; spec: object };
  environment: string;
  deployment: {
    id: string;
    name: string;
    labels: Record<string, string>;
    strategy: string;
    fromVersion: string | null;
  };
}

/** The values that an expression is evaluated over. Of the version's variables only the names: values may be secrets. */
export function valuesOf(subject: CelSubject, evaluations: readonly StoredEvaluation[]): Record<string, unknown> {
  const { artifact, kind, labels, version, environment, deployment } = subject;
  return {
    version: {
      name: artifact,
      version: version.version,
      kind,
      digest: version.digest,
      labels,
      spec: withoutEnvValues(version.spec),
    },
    evaluations: Object.fromEntries(
      evaluations.map(({ id, dataset, metrics, sampleCount, source, finishedAt }) => [
        dataset,
        { id, dataset, metrics, sampleCount, source, finishedAt: finishedAt.toISOString() },
      ]),
    ),
    metrics: newestMetrics(evaluations),
    deployment: { ...deployment, environment, fromVersion: deployment.fromVersion ?? "" },
  };
}

/** Of each metric the newest value, whatever the dataset. */
function newestMetrics(evaluations: readonly StoredEvaluation[]): Record<string, number> {
  const oldestFirst = evaluations.toSorted((left, right) => left.finishedAt.getTime() - right.finishedAt.getTime());
  return Object.assign({}, ...oldestFirst.map(({ metrics }) => metrics));
}

export function withoutEnvValues(spec: object | VersionSpec): Record<string, unknown> {
  if (!("env" in spec) || typeof spec.env !== "object" || spec.env === null) return { ...spec };
  return { ...spec, env: Object.keys(spec.env) };
}
