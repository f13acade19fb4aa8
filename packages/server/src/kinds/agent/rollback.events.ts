import type { AgentRollback, AgentRollbackEvent } from "@sluice/core";
import type { EventInput } from "../../event/event.store.ts";

/** Events of a rollback belong to the rollout that is taken back: whoever follows that one sees them. */
export const rollbackEvents = (
  { project, deployment, rollout, updatedAt }: AgentRollback,
  events: readonly AgentRollbackEvent[],
): EventInput[] => events.map((event) => ({ ...event, project, deployment, rollout, at: new Date(updatedAt) }));

/** The last step's own: what stakeholders are told. A person who asked for it needs no alarm. */
export const takenBackEvent = (rollback: AgentRollback): EventInput => {
  const { id, agent, environment, trigger, reason, rollout } = rollback;
  return {
    project: rollback.project,
    deployment: rollback.deployment,
    rollout,
    type: "agent.rolled_back",
    message: `agent ${agent} in ${environment} was taken back (${trigger}): ${reason}`,
    alert: trigger !== "manual_rollback",
    data: { rollback: id, agent, environment, trigger, reason, deploymentId: rollout },
    at: new Date(rollback.updatedAt),
  };
};
