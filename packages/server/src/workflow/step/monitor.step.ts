import { fillTemplates, isTerminal, seconds } from "@sluice/core";
import { statusOf } from "../../deployment/deployment.view.ts";
import { failed, type StepDeps, type StepWork, succeeded } from "./step.types.ts";

/** Watches a rollout to its end, and what it delivered for a while afterwards. */
export const monitorStep = (deps: StepDeps): StepWork => ({
  async look({ stage, stored, values }) {
    if (stage.monitor === undefined) throw new TypeError(`stage ${stage.name} watches nothing`);
    const { rollout: id, seconds: watched } = fillTemplates(stage.monitor, values);
    const { principal, run } = stored;
    const rollout = await deps.services.rollouts.get(principal, id);
    if (rollout.project !== run.project) return failed(`rollout ${id} does not exist`, { hopeless: true });
    if (!isTerminal(rollout.phase)) return null;
    if (rollout.phase !== "completed" || rollout.finishedAt === null) {
      return failed(`rollout ${id} is ${rollout.phase}${rollout.reason === null ? "" : `: ${rollout.reason}`}`);
    }
    const until = rollout.finishedAt + seconds(watched);
    const picture = await deps.services.deployments.get(principal, { id: rollout.deployment });
    const status = statusOf(picture);
    if (status === "failed") return failed(`deployment ${picture.deployment.name} is failed`);
    if (deps.now() < until) return null;
    return status === "running"
      ? succeeded({ outputs: { status, rollout: id } })
      : failed(`deployment ${picture.deployment.name} is ${status} after ${watched} s, not running`);
  },
  // Nothing of it goes on anywhere: the next look is simply not taken.
  stop: async () => undefined,
});
