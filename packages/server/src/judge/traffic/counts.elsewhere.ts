import { isGatewayMetric, type JudgeBatch, type Rollout, type Target } from "@sluice/core";
import { trafficNames } from "@sluice/runtimes";
import type { JudgedRollout } from "../judge.store.ts";
import type { ReadSlots } from "../read.slots.ts";
import { type CountProblem, PrometheusCounts } from "./prometheus.counts.ts";

/** Whether a data plane that is not ours deals the callers: it has no guard, and tells nobody what it counts but Prometheus. */
export const isDealtElsewhere = (target: Target): boolean =>
  target.type === "kubernetes" && target.traffic.type !== "sluice";

/** Null where our gateway counts, or nobody does. */
export function countsElsewhere(judged: JudgedRollout, slots: ReadSlots): PrometheusCounts | null {
  const { rollout, target, deploymentName: name, route } = judged;
  if (target.type !== "kubernetes" || !isDealtElsewhere(target) || target.prometheus === undefined || route === null)
    return null;
  const names = trafficNames({ target, project: rollout.project, name }, rollout.deployment);
  return new PrometheusCounts({ ...target.prometheus, names, slots });
}

/** What was found of the metrics that are counted elsewhere: a problem, or that there is none; undefined: nothing new. */
export function findingsOn(
  { strategy }: Rollout,
  problem: CountProblem | null | undefined,
): Pick<JudgeBatch, "values" | "problems"> {
  if (problem === undefined) return { values: [], problems: [] };
  const metrics = strategy.analysis.metrics.filter(isGatewayMetric).map(({ name }) => name);
  return problem === null
    ? { values: metrics.map((metric) => ({ metric, stable: [], candidate: [] })), problems: [] }
    : { values: [], problems: metrics.map((metric) => ({ metric, ...problem })) };
}
