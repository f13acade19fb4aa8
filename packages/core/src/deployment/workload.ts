import type { RunnableSpec } from "../artifact/version.schema.ts";
import { canonicalJson } from "../revision/digest.ts";
import type { Placement } from "../runtime/placement.ts";
import type { Recipe, Workload } from "../runtime/runtime.ts";
import type { DeploymentConfig } from "./config.schema.ts";
import { cpuCores, memoryMb } from "./quantity.ts";

/** A version that was made ready to run. */
export interface Program extends RunnableSpec {
  /** Variables whose values are secret. */
  secrets?: Record<string, string>;
  recipe?: Recipe;
}

interface RevisionOf {
  deployment: string;
  revision: number;
  fence: number;
  replicas: number;
  spec: Program;
  config: DeploymentConfig;
  placement?: Placement;
  version?: string;
  /** Folder that relative working folders are in. */
  root: string;
}

/**
 * What a runtime has to run for one revision. The configuration's variables and components win over the version's; a
 * program finds the releases of its components as JSON in `SLUICE_COMPONENTS`.
 */
export function workloadOf({
  deployment,
  revision,
  fence,
  replicas,
  spec,
  config,
  placement,
  version,
  root,
}: RevisionOf): Workload {
  const { limits, requests } = config.resources;
  const components = { ...spec.components, ...config.components };
  const told = Object.keys(components).length === 0 ? {} : { SLUICE_COMPONENTS: canonicalJson(components) };
  return {
    deployment,
    revision,
    fence,
    replicas,
    command: spec.command ?? [],
    image: spec.image ?? null,
    ...(spec.process !== undefined && { process: spec.process }),
    workdir: spec.workdir === undefined ? null : join(root, spec.workdir),
    env: { ...spec.env, ...config.env, ...told },
    ...(spec.secrets !== undefined && { secrets: spec.secrets }),
    resources: amounts(limits),
    ...(requests !== undefined && { requests: amounts(requests) }),
    ...(gpus(config) > 0 && { gpus: gpus(config) }),
    ...(config.scaling !== null && { scaling: config.scaling }),
    ...(placement !== undefined && { placement }),
    ...(version !== undefined && { version }),
    ...(spec.recipe !== undefined && { recipe: spec.recipe }),
    healthCheck: config.healthCheck,
    progressDeadlineSeconds: config.progressDeadlineSeconds,
    stopSeconds: config.stopSeconds,
  };
}

const amounts = (quantities: { memory?: string | undefined; cpu?: string | undefined } | undefined) => ({
  memoryMb: quantities?.memory === undefined ? null : memoryMb(quantities.memory),
  cpuCores: quantities?.cpu === undefined ? null : cpuCores(quantities.cpu),
});

const gpus = ({ resources: { limits, requests } }: DeploymentConfig): number =>
  Number(limits?.gpu ?? requests?.gpu ?? 0);

const join = (root: string, path: string): string => (path.startsWith("/") ? path : `${root}/${path}`);
