import { invalidField, isTerminal, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { Database } from "../../db/schema.ts";
import { findDeployment } from "../../deployment/deployment.store.ts";
import { findRevision } from "../../revision/revision.store.ts";
import type { RolloutService } from "../../rollout/rollout.service.ts";
import type { Draft, DraftQuery } from "./pipeline.schema.ts";
import { findPipeline } from "./pipeline.store.ts";

/** From an experiment to a deployment: what its winner is, as a request that deploys it. */
export interface PipelineDrafts {
  /** Throws `failed_precondition` while the experiment goes on. */
  draft(principal: Principal, rollout: string, wider: DraftQuery): Promise<Draft>;
}

export const createPipelineDrafts = ({
  db,
  rollouts,
}: {
  db: Kysely<Database>;
  rollouts: RolloutService;
}): PipelineDrafts => ({
  async draft(principal, id, wider) {
    const rollout = await rollouts.get(principal, id);
    const deployment = await findDeployment(db, rollout.deployment);
    if (deployment === null) throw new SluiceError("not_found", `the deployment of rollout ${id} is gone`);
    authorise(principal, "deployment.read", deployment);
    if (deployment.kind !== "pipeline") throw invalidField("id", id, "a rollout of a pipeline");
    if (!isTerminal(rollout.phase)) {
      const why = `rollout ${id} is in phase ${rollout.phase}: who wins is not known before its end`;
      throw new SluiceError("failed_precondition", why);
    }
    // Completed with nothing for the candidate is how an A/B test ends that stable has won.
    const won = rollout.phase === "completed" && (rollout.goal?.winner ?? "candidate") === "candidate";
    const number = won ? rollout.toRevision : rollout.fromRevision;
    const revision = number === null ? null : await findRevision(db, deployment.id, number);
    if (revision === null)
      throw new SluiceError("failed_precondition", `rollout ${id} has no winner: it was taken back`);
    const stored = await findPipeline(db, deployment.id);
    const { replicas, parameters, resources } = revision.config;
    const nodes =
      wider.selector === undefined ? { target_nodes: stored?.targetNodes ?? {} } : { selector: wider.selector };
    return {
      winner: won ? "candidate" : "stable",
      deployment: {
        pipeline_name: deployment.artifact,
        deployment_name: wider.deployment_name ?? `${deployment.name.slice(0, 56)}-direct`,
        namespace: wider.namespace ?? deployment.project,
        environment: wider.environment ?? deployment.environment,
        version: revision.version,
        ...nodes,
        parameters,
        replicas: stored?.replicas ?? Math.max(1, replicas),
        resources,
      },
    };
  },
});
