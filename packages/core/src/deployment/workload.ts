import type { RunnableSpec } from "../artifact/version.schema.ts";
import { canonicalJson } from "../revision/digest.ts";
import type { Workload } from "../runtime/runtime.ts";
import type { DeploymentConfig } from "./config.schema.ts";
import { cpuCores, memoryMb } from "./quantity.ts";

interface RevisionOf {
  deployment: string;
  revision: number;
  fence: number;
  replicas: number;
  spec: RunnableSpec;
  config: DeploymentConfig;
  /** Folder that relative working folders are in. */
  root: string;
}

/**
 * What a runtime has to run for one revision. The configuration's variables and components win over the version's; a
 * program finds the releases of its components as JSON in `SLUICE_COMPONENTS`.
 */
export function workloadOf({ deployment, revision, fence, replicas, spec, config, root }: RevisionOf): Workload {
  const { limits } = config.resources;
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
    resources: {
      memoryMb: limits?.memory === undefined ? null : memoryMb(limits.memory),
      cpuCores: limits?.cpu === undefined ? null : cpuCores(limits.cpu),
    },
    healthCheck: config.healthCheck,
    progressDeadlineSeconds: config.progressDeadlineSeconds,
    stopSeconds: config.stopSeconds,
  };
}

const join = (root: string, path: string): string => (path.startsWith("/") ? path : `${root}/${path}`);
