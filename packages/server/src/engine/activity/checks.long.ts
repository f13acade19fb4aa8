import type { Loaded } from "../load.ts";

/** Whether the checks of the rollout ask somebody over the network: those take their time, and no reconcile waits for them. */
export function checksTakeLong({ rollouts, revisions, asksOthers, target }: Loaded): boolean {
  const rollout = rollouts[0]?.rollout;
  const config = rollout === undefined ? undefined : revisions.get(rollout.toRevision)?.config;
  const isElsewhere = target.type === "docker" || target.type === "kubernetes";
  return asksOthers || isElsewhere || (config?.dependencies ?? []).length > 0;
}
