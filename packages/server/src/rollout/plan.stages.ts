import { compileSteps, conditionName, type EnvironmentSpec, type Rollout, type Step } from "@sluice/core";
import { plannedTests } from "../candidate-test/run.ts";
import type { Db } from "../db/database.ts";
import type { StoredDeployment } from "../deployment/deployment.store.ts";
import { applicableGates } from "../gate/gate.store.ts";
import type { PlanView } from "./plan.schema.ts";

/** The gates that a rollout would be asked by. None is asked now: a webhook is not called for a plan. */
export async function gatesAhead(db: Db, deployment: StoredDeployment, rollout: Rollout): Promise<PlanView["gates"]> {
  if (rollout.fastTrack) return [];
  const { project, artifact, kind, environment } = deployment;
  const gates = await applicableGates(db, { project, artifact, kind, environment });
  return gates.map(({ name, spec: { required, waitSeconds, conditions } }) => ({
    gate: name,
    required,
    waitSeconds,
    conditions: conditions.map((condition) => ({
      name: conditionName(condition),
      type: condition.type,
      required: condition.required,
      operator: condition.type === "custom" ? null : condition.operator,
      threshold: condition.type === "custom" ? null : condition.threshold,
    })),
  }));
}

/** What moves traffic: the rollout's steps or, where there are several targets, those of the rollout at each. */
export const ownSteps = ({ waves, fromRevision, fastTrack, strategy, steps }: Rollout): readonly Step[] => {
  if (waves === null) return steps;
  return fromRevision === null || fastTrack ? [] : compileSteps(strategy);
};

/** The tests that its candidate would have to pass, in their order. */
export function testsAhead({ strategy, fastTrack }: Rollout): PlanView["tests"] {
  if (strategy.tests === null || fastTrack) return [];
  return plannedTests({ options: strategy.tests }).map(({ name, type }) => ({ name, type }));
}

/**
 * Names of those who could approve, the one who asks left out where four eyes are required: those whom the environment names, or
 * the holders of tokens that have the role.
 */
export function approversAmong(
  holders: readonly string[],
  { approvers, fourEyes }: EnvironmentSpec["protection"],
  asker: string,
): string[] {
  return (approvers ?? holders).filter((name) => !fourEyes || name !== asker);
}
