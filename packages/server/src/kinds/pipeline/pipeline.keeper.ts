import type { Instant, LabelledNode } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Principal } from "../../access/principal.ts";
import type { Config } from "../../config.ts";
import { createOutageLog } from "../../db/outage.log.ts";
import type { Database } from "../../db/schema.ts";
import type { DeploymentLifecycle } from "../../deployment/lifecycle.service.ts";
import { allNodes } from "../../node/node.service.ts";
import { pipelineFolder, putPlan, removeOrphans } from "./pipeline.folder.ts";
import { pipelineHistory } from "./pipeline.history.ts";
import { planOf } from "./pipeline.nodes.ts";
import { recordOutcomes } from "./pipeline.outcomes.ts";
import { keepHistory, type LivingPipeline, livingPipelines, markDeleted, purgeDeleted } from "./pipeline.store.ts";

/** How long a deleted deployment and its history are kept. */
const RETENTION_DAYS = 30;
const DAY_MS = 86_400_000;

export interface PipelineKeeper {
  /** To be called about once a second. */
  keep(): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: Pick<Config, "dataDir" | "nodeLabels">;
  deployments: Pick<DeploymentLifecycle, "scale">;
}

/** Acts when nodes come and go; its entries in the audit say so. */
const NODES: Principal = { name: "nodes", role: "admin", project: null, environment: null };

/**
 * Keeps what runs on nodes in step with the nodes and the rollouts: tells collectors where they are to be, scales
 * deployments whose nodes have changed, and clears away what was deleted.
 */
export function createPipelineKeeper({ db, clock, config, deployments }: Deps): PipelineKeeper {
  async function keepOne(pipeline: LivingPipeline, nodes: readonly LabelledNode[]): Promise<void> {
    if (pipeline.deleting) return keepHistoryOnce(db, pipeline);
    const plan = planOf(pipeline, nodes);
    // Without a node left the collectors stay where they are: a selector that went wrong is no order to stop.
    if (plan.nodes.length === 0) return;
    await putPlan(pipelineFolder(config.dataDir, pipeline.deployment), plan);
    const wanted = plan.nodes.length * plan.replicas;
    if (pipeline.stored === null || wanted === pipeline.replicas) return;
    await deployments.scale(NODES, { id: pipeline.deployment }, wanted);
  }

  return {
    async keep() {
      const nodes = await allNodes(db, config);
      const living = await livingPipelines(db);
      // One that goes away this moment keeps nobody else from being looked after.
      const kept = await Promise.allSettled(living.map((pipeline) => keepOne(pipeline, nodes)));
      const now = new Date(clock());
      await recordOutcomes(db);
      await markDeleted(db, now);
      await purgeDeleted(db, new Date(now.getTime() - RETENTION_DAYS * DAY_MS));
      await removeOrphans(config.dataDir, new Set(living.map((pipeline) => pipeline.deployment)));
      const failures = kept.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} pipelines were not looked after`);
    },
  };
}

/** Of one that was deleted by the native API; the others have theirs. */
async function keepHistoryOnce(db: Kysely<Database>, { stored, deployment }: LivingPipeline): Promise<void> {
  if (stored === null || (Array.isArray(stored.history) && stored.history.length > 0)) return;
  await keepHistory(db, deployment, await pipelineHistory(db, stored.project, deployment));
}

const EVERY_MS = 1_000;

/** Calls the keeper about once a second, never twice at a time. Returns how to end that. */
export function startKeeping(keeper: PipelineKeeper, logger: Pick<Logger, "warn">): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let keeping: Promise<void> = Promise.resolve();
  let ended = false;
  const outages = createOutageLog(logger);
  const next = (): void => {
    if (ended) return;
    timer = setTimeout(() => {
      keeping = keeper
        .keep()
        .then(outages.worked, (error: unknown) =>
          outages.failed(error, "pipelines were not kept in step with their nodes"),
        )
        .then(next);
    }, EVERY_MS);
    timer.unref();
  };
  next();
  return async () => {
    ended = true;
    clearTimeout(timer);
    await keeping;
  };
}
