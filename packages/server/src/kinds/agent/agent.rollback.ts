import {
  type AgentRollback,
  type AgentRollbackOptions,
  type AgentRollbackRequest,
  ALLOWED_COMMANDS,
  agentTier,
  agentTrigger,
  environmentSchema,
  type Instant,
  isTerminal,
  type Rollout,
  resumeAgentRollback,
  SluiceError,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../../access/principal.ts";
import { inAmbientTransaction } from "../../db/ambient.ts";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import type { DeploymentLifecycle } from "../../deployment/lifecycle.service.ts";
import { findEnvironment } from "../../environment/environment.store.ts";
import { appendEvents } from "../../event/event.store.ts";
import type { RolloutService } from "../../rollout/rollout.service.ts";
import { noteRollback } from "./rollback.begin.ts";
import { rollbackEvents } from "./rollback.events.ts";
import { agentRollbacksOf, rollbacksAtTargets, type StoredAgentRollback, saveAgentRollback } from "./rollback.store.ts";

interface RollbackDeps {
  db: Kysely<Database>;
  clock: () => Instant;
  rollouts: RolloutService;
  deployments: Pick<DeploymentLifecycle, "stop">;
}

/**
 * Takes a delivery of an agent back: the rollout gets its command, and what follows is noted in the same transaction. One that
 * failed half-way goes on with the options of this request. Throws `failed_precondition` while one is under way, after one that
 * has succeeded, and where there is no version to go back to, unless it is forced: then the agent is stopped.
 */
export async function rollBackAgent(
  deps: RollbackDeps,
  principal: Principal,
  { rollout, request }: { rollout: Rollout; request: AgentRollbackRequest },
): Promise<AgentRollback> {
  const { db, clock } = deps;
  if (rollout.partOf !== null) {
    const why = `deployment ${rollout.id} is at one target of deployment ${rollout.partOf}; take ${rollout.partOf} back`;
    throw new SluiceError("failed_precondition", why);
  }
  const reason = request.rollback_reason ?? `asked for by ${principal.name}`;
  const options = await optionsOf(db, rollout, request);
  return inAmbientTransaction(db, async () => {
    const [known] = await agentRollbacksOf(db, [rollout.id]);
    if (known !== undefined) return resume(deps, known, options);
    const wish = { trigger: agentTrigger("manual"), reason, actor: principal.name, options };
    const rollback = await noteRollback(db, rollout, wish, clock());
    if (rollback === null) throw new SluiceError("aborted", "it was begun just now; look again");
    await turnBack(deps, principal, rollout, { reason, force: options.forceRollback });
    return rollback;
  });
}

async function optionsOf(
  db: Kysely<Database>,
  { project, environment }: Rollout,
  { rollback_options: asked }: AgentRollbackRequest,
): Promise<AgentRollbackOptions> {
  const stored = await findEnvironment(db, project, environment);
  return {
    preserveData: asked.preserve_data,
    forceRollback: asked.force_rollback,
    cleanupResources: asked.cleanup_resources,
    backupBeforeRollback:
      asked.backup_before_rollback ?? agentTier(stored?.spec ?? environmentSchema.parse({})).backupEnabled,
  };
}

async function resume({ db, clock }: RollbackDeps, known: StoredAgentRollback, options: AgentRollbackOptions) {
  const { id, status, rollout } = known.rollback;
  if (status !== "failed") {
    const how = status === "running" ? "is being taken back" : "was taken back";
    throw new SluiceError(
      "failed_precondition",
      `deployment ${rollout} ${how} already, by ${id}: GET /rollbacks/${id}/status`,
    );
  }
  const parts = await rollbacksAtTargets(db, rollout);
  const failed = parts.filter((part) => part.rollback.status === "failed");
  const [whole] = await Promise.all([known, ...failed].map((one) => goOn(db, one, options, clock())));
  return whole ?? known.rollback;
}

async function goOn(
  db: Db,
  { rollback: before, rowVersion }: StoredAgentRollback,
  options: AgentRollbackOptions,
  now: Instant,
) {
  const { rollback, events } = resumeAgentRollback(before, options, now);
  await saveAgentRollback(db, rollback, rowVersion);
  await appendEvents(db, rollbackEvents(rollback, events));
  return rollback;
}

/** The command that takes the rollout back from where it is. */
async function turnBack(
  { rollouts, deployments }: RollbackDeps,
  principal: Principal,
  rollout: Rollout,
  { reason, force }: { reason: string; force: boolean },
): Promise<void> {
  const { id, phase, fromRevision, deployment } = rollout;
  if (fromRevision === null && phase === "completed") {
    if (!force) {
      throw new SluiceError(
        "failed_precondition",
        `deployment ${id} was the first of agent ${rollout.artifact} in ${rollout.environment}: there is no version to go back to; with force_rollback the agent is stopped`,
        {
          violations: [{ field: "rollback_options.force_rollback", found: false, allowed: "true, to stop the agent" }],
        },
      );
    }
    await deployments.stop(principal, { id: deployment });
    return;
  }
  // It has turned back by itself just now: what is left is what follows.
  if (phase === "rolling_back" || phase === "rolled_back") return;
  const first = fromRevision === null || !ALLOWED_COMMANDS[phase].includes("rollback");
  await rollouts.command(principal, id, first && !isTerminal(phase) ? "cancel" : "rollback", { comment: reason });
}
