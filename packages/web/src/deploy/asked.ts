import type { Artifact, Deployment, Version } from "@sluice/client";
import { configOf, createBody, type Draft, lean, updateBody } from "./draft.ts";
import { routeOf } from "./gateway.ts";
import { type Takes, takesOf } from "./kind.ts";
import { manifestText } from "./manifest.ts";
import { jsonOrText, type Parameter, parametersOf, readParameters } from "./parameters.ts";
import { strategyOf } from "./strategy.ts";
import { notNumbers, numberOf, valuesOf } from "./text.ts";
import type { Config, CreateBody, PlanBody, PresentConfig, UpdateBody } from "./types.ts";

/** Everything that is chosen and written. */
export interface Written {
  draft: Draft;
  project: string;
  artifact: Artifact;
  version: Version;
  environment: string;
  /** The deployment that is changed; null: a new one. */
  target: Deployment | null;
  /** The configuration that the form began from. */
  base: PresentConfig | undefined;
  /** The parameters that its version has, as a schema says; null: it names none, and all are taken. */
  parameters: readonly Parameter[] | null;
  baseline: { requests: string; errors: string };
}

/** What it comes to: what is sent, what is planned, and the same as `sluice.yaml`. */
export interface Asked {
  send: { create: CreateBody } | { update: UpdateBody; id: string };
  /** How many instances there would be, where that changes: without anything else, no rollout is begun for it. */
  replicas: number | undefined;
  plan: PlanBody;
  manifest: string;
  /** Fields that need a number and have none. */
  blanks: string[];
}

/** Where a template's schema is not the version's own, it is given. */
export const schemaOf = ({ spec }: Pick<Version, "spec">, template: unknown): readonly Parameter[] | null =>
  parametersOf(spec.parametersSchema ?? template);

export const takesFor = ({ artifact, version }: Pick<Written, "artifact" | "version">): Takes =>
  takesOf(artifact.kind, version.spec.process);

const read = ({ draft, parameters }: Written): NonNullable<Config["parameters"]> =>
  parameters === null
    ? Object.fromEntries(Object.entries(valuesOf(draft.freeParameters)).map(([name, text]) => [name, jsonOrText(text)]))
    : readParameters(draft.parameters, parameters);

export function askedBy(written: Written): Asked {
  const { draft, project, artifact, version, environment, target, base, baseline } = written;
  const takes = takesFor(written);
  const config = configOf(draft, takes, { base, parameters: read(written) });
  const wanted = { project, artifact: artifact.name, version: version.version, environment, config };
  const today = baselineOf(baseline);
  const manifest = manifestText({
    ...wanted,
    config: lean(config),
    name: target?.name ?? draft.name.trim(),
    route: target === null ? (takes.route ? routeOf(draft.gateway) : undefined) : target.route,
    strategy: strategyOf(draft.strategy),
    labels: target?.labels ?? valuesOf(draft.labels),
  });
  if (target === null) {
    const create = createBody(draft, takes, wanted);
    const plan = { ...create, ...today };
    return { send: { create }, replicas: undefined, plan, manifest, blanks: notNumbers(plan) };
  }
  const update = updateBody(draft, target.config, wanted);
  const plan = { deployment: target.id, ...update, ...today };
  return {
    send: { update, id: target.id },
    replicas: update.config === undefined ? undefined : replicasIn(update.config),
    plan,
    manifest,
    blanks: notNumbers(plan),
  };
}

const replicasIn = ({ replicas }: NonNullable<UpdateBody["config"]>): number | undefined =>
  typeof replicas === "number" ? replicas : undefined;

function baselineOf({ requests, errors }: Written["baseline"]) {
  if (requests.trim() === "") return {};
  return {
    baseline: {
      requestsPerSecond: numberOf(requests),
      errorRate: errors.trim() === "" ? 0 : numberOf(errors) / 100,
    },
  };
}
