import { configSchema, type DeployStep, fillTemplates, parseField, SluiceError } from "@sluice/core";
import { createDeploymentSchema } from "../../deployment/deployment.schema.ts";
import type { AttemptResult } from "../attempt.store.ts";
import { begunWith, lookAtRollout, stopRollout } from "./rollout.step.ts";
import type { StepContext, StepDeps, StepWork } from "./step.types.ts";

/** Delivers a version: a new deployment, or a change of the one that is there. The rollout's end is the stage's. */
export const deployStep = (deps: StepDeps): StepWork => ({
  begin: (context) => deliver(deps, context, stepOf(context)),
  look: (context, attempt) => lookAtRollout(deps, context, attempt, stepOf(context).waitFor),
  stop: (context, attempt, cause) => stopRollout(deps, context, attempt, cause),
});

function stepOf({ stage, values }: StepContext): DeployStep {
  if (stage.deploy === undefined) throw new TypeError(`stage ${stage.name} deploys nothing`);
  return fillTemplates(stage.deploy, values);
}

async function deliver({ services }: StepDeps, { stored }: StepContext, step: DeployStep): Promise<AttemptResult> {
  const { principal, run } = stored;
  const { project } = run;
  const { artifact, version, create, strategy, route, labels, config = {} } = step;
  const environment = step.environment ?? run.environment;
  if (environment === "") {
    throw new SluiceError("failed_precondition", "neither the stage nor the run names an environment to deploy to");
  }
  const name = step.deployment ?? artifact;
  if (create !== undefined) {
    const { commit, tag } = run.ref;
    const source =
      commit === "" && tag === "" ? null : { ...(commit !== "" && { commit }), ...(tag !== "" && { tag }) };
    await services.artifacts.createVersion(
      principal,
      { project, name: artifact },
      { version, spec: create.spec, source },
    );
  }
  const { items } = await services.deployments.list(principal, { project, environment, name, limit: 1 });
  const existing = items[0]?.deployment;
  if (existing !== undefined) {
    const patch = { version, config, ...(strategy !== undefined && { strategy }) };
    const changed = await services.deployments.update(principal, { id: existing.id }, patch);
    return begunWith(changed.deployment, changed.rollout);
  }
  const input = parseField(createDeploymentSchema.pick({ name: true, artifact: true, environment: true }), {
    ...{ name, artifact, environment },
  });
  const created = await services.deployments.create(principal, {
    ...{ ...input, project, version, route, strategy, labels },
    config: parseField(configSchema, config, "config"),
  });
  return begunWith(created.deployment, created.rollout);
}
