import { digestOf, type Json, type Recipe, type Workload } from "@sluice/core";
import { KINDS } from "../client/kinds.ts";
import { ANNOTATIONS, objectName } from "../names.ts";
import { cpuQuantity, memoryQuantity, wholeSeconds } from "../objects/container.ts";
import { labelsOf, namedOf } from "../objects/labels.ts";
import { isAutoscaled, leastReplicas } from "../objects/revision.ts";

export type ChartRecipe = Extract<Recipe, { type: "chart" }>;
export type Values = Record<string, Json>;

/** What a release of one revision is made of. */
export interface ChartRelease {
  /** Of the release, and of every object in it. */
  name: string;
  chart: string;
  values: Values;
  /** Of the release itself, so that it is found without asking helm. */
  labels: Record<string, string>;
  /** The same for the same values but for the number of instances, which is the only thing that changes in a revision's life. */
  digest: string;
  replicas: number;
  /** Texts among the values that are never told. */
  secrets: string[];
}

/**
 * A workload as values of a chart that takes those of `charts/model-serving`: what the recipe says, and what the deployment's
 * configuration says of any program. Pure.
 */
export function releaseOf(workload: Workload, recipe: ChartRecipe): ChartRelease {
  const labels = labelsOf(workload);
  const name = objectName(namedOf(workload), workload.revision);
  const values = merged(merged(recipe.values, recipe.secrets), {
    ...valuesOf(workload),
    fullnameOverride: name,
    commonLabels: labels,
  });
  const secrets = textsIn([recipe.secrets, workload.secrets ?? {}]);
  const digest = digestOf({ chart: recipe.chart, values }).replace("sha256:", "").slice(0, DIGEST_LENGTH);
  return {
    ...{ name, digest, chart: recipe.chart, replicas: workload.replicas },
    labels: { ...labels, [ANNOTATIONS.digest]: digest },
    values: {
      ...values,
      replicaCount: workload.replicas,
      deploymentAnnotations: annotationsOf(workload, values, secrets.length > 0),
    },
    secrets,
  };
}

/** What the status of a revision is read by, and what is looked for; see `chart.views.ts`. */
const annotationsOf = (
  { replicas, progressDeadlineSeconds }: Workload,
  { autoscaling }: Values,
  hasSecret: boolean,
): Values => ({
  [ANNOTATIONS.replicas]: String(replicas),
  [ANNOTATIONS.deadline]: String(progressDeadlineSeconds),
  [ANNOTATIONS.parts]: [
    KINDS.service,
    ...(hasSecret ? [KINDS.secret] : []),
    ...(isEnabled(autoscaling) ? [KINDS.horizontalPodAutoscaler] : []),
  ]
    .map(({ kind }) => kind)
    .join(","),
});

const isEnabled = (value: Json | undefined): boolean => isObject(value) && value.enabled === true;

/** A label has room for no more than 63. */
const DIGEST_LENGTH = 40;

function valuesOf(workload: Workload): Values {
  const { healthCheck, placement, resources, requests, gpus = 0 } = workload;
  const target = placement?.target;
  const nodeSelector = target?.type === "kubernetes" ? target.nodeSelector : undefined;
  return {
    env: {
      SLUICE_DEPLOYMENT: workload.deployment,
      SLUICE_REVISION: String(workload.revision),
      ...workload.env,
    },
    ...(workload.secrets !== undefined && { secretEnv: workload.secrets }),
    resources: {
      limits: quantities(resources),
      requests: requests === undefined ? {} : quantities(requests),
    },
    gpus,
    probes: {
      ...(healthCheck.path !== null && { ready: healthCheck.path }),
      periodSeconds: wholeSeconds(healthCheck.intervalSeconds),
      timeoutSeconds: wholeSeconds(healthCheck.timeoutSeconds),
      failureThreshold: healthCheck.retries,
    },
    progressDeadlineSeconds: Math.max(1, Math.ceil(workload.progressDeadlineSeconds)),
    terminationGracePeriodSeconds: Math.ceil(workload.stopSeconds),
    autoscaling: autoscalingOf(workload),
    ...(nodeSelector !== undefined && { nodeSelector }),
  };
}

function autoscalingOf(workload: Workload): Values {
  const { scaling } = workload;
  if (!isAutoscaled(workload)) return { enabled: false };
  const least = leastReplicas(workload);
  return {
    enabled: true,
    minReplicas: least,
    maxReplicas: Math.max(scaling?.max ?? 1, least),
    targetCPUUtilizationPercentage: scaling?.targetCpu ?? null,
    targetMemoryUtilizationPercentage: scaling?.targetMemory ?? null,
  };
}

const quantities = ({ memoryMb, cpuCores }: Workload["resources"]): Values => ({
  ...(cpuCores !== null && { cpu: cpuQuantity(cpuCores) }),
  ...(memoryMb !== null && { memory: memoryQuantity(memoryMb) }),
});

/** Objects are merged, everything else is replaced, as helm does with several files of values. */
function merged(base: Values, over: Values): Values {
  const both = Object.entries(over).map(([name, value]) => {
    const before = base[name];
    return [name, isObject(before) && isObject(value) ? merged(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(both) };
}

const isObject = (value: Json | undefined): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every text in a value: what is secret is never told, wherever it is. */
export function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((each: Json) => textsIn(each));
}
