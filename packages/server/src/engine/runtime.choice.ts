import type { Runtime } from "@sluice/core";
import type { Loaded } from "./load.ts";
import { hasInstances } from "./observe.ts";

/** By the type of an environment's target. */
export type Runtimes = ReadonlyMap<string, Runtime>;

/** Null for deployments without instances, and where the target's runtime is not there: the checks of a rollout say so. */
export function runtimeOf(runtimes: Runtimes, { deployment, environment }: Loaded): Runtime | null {
  const target = environment.targets[0]?.type ?? "none";
  return hasInstances(deployment.kind, target) ? (runtimes.get(target) ?? null) : null;
}
