import { type Instant, targetName } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Principal } from "../../access/principal.ts";
import { appendAudit } from "../../audit/audit.store.ts";
import type { Config } from "../../config.ts";
import { inAmbientTransaction } from "../../db/ambient.ts";
import type { Db } from "../../db/database.ts";
import { createOutageLog } from "../../db/outage.log.ts";
import type { Database } from "../../db/schema.ts";
import { changeDeployment } from "../../deployment/deployment.store.ts";
import type { DeploymentLifecycle } from "../../deployment/lifecycle.service.ts";
import { wakeDeployment } from "../../engine/wake.ts";
import { membersOfDeployment } from "../../fleet/member.store.ts";
import { pipelineFolder, putPlan, removeOrphans } from "./pipeline.folder.ts";
import { pipelineHistory } from "./pipeline.history.ts";
import { planOf } from "./pipeline.nodes.ts";
import { recordOutcomes } from "./pipeline.outcomes.ts";
import type { NodesOf } from "./pipeline.places.ts";
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
  config: Pick<Config, "dataDir">;
  nodesOf: NodesOf;
  deployments: Pick<DeploymentLifecycle, "scale">;
}

/** Acts when nodes come and go; its entries in the audit say so. */
const NODES: Principal = { name: "nodes", role: "admin", project: null, environment: null };

/**
 * Keeps what runs on nodes in step with the nodes and the rollouts: tells collectors where they are to be, scales
 * deployments whose nodes have changed, and clears away what was deleted.
 */
export function createPipelineKeeper({ db, clock, config, nodesOf, deployments }: Deps): PipelineKeeper {
  async function keepOne(pipeline: LivingPipeline): Promise<void> {
    if (pipeline.deleting) return keepHistoryOnce(db, pipeline);
    if (pipeline.everywhere) return;
    const { nodes, inCluster } = await nodesOf(db, pipeline.target);
    const plan = planOf(pipeline, nodes);
    // Without a node left the collectors stay where they are: a selector that went wrong is no order to stop.
    if (plan.nodes.length === 0) return;
    if (!inCluster) await putPlan(pipelineFolder(config.dataDir, pipeline.deployment), plan);
    const wanted = plan.nodes.length * plan.replicas;
    if (pipeline.stored === null || wanted === pipeline.replicas) return;
    await inAmbientTransaction(db, async () => {
      // Another server may be about to do the same.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`pipeline ${pipeline.deployment}`}, 0))`.execute(db);
      const [now] = await livingPipelines(db, pipeline.deployment);
      if (now === undefined || now.deleting || now.replicas === wanted) return;
      if (now.parent === null) await deployments.scale(NODES, { id: pipeline.deployment }, wanted);
      else await scaleAt(db, { ...now, parent: now.parent }, wanted, clock());
    });
  }

  return {
    async keep() {
      const living = await livingPipelines(db);
      // One that goes away this moment keeps nobody else from being looked after.
      const kept = await Promise.allSettled(living.map((pipeline) => keepOne(pipeline)));
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

/** As many collectors as one of several targets has nodes for. The whole is known by the most that any of them has. */
async function scaleAt(
  db: Db,
  { deployment, parent, project, target, replicas: from }: LivingPipeline & { parent: string },
  replicas: number,
  now: Instant,
): Promise<void> {
  const at = new Date(now);
  await changeDeployment(db, deployment, { replicas }, at);
  const most = Math.max(...(await membersOfDeployment(db, parent)).map((member) => member.replicas));
  await changeDeployment(db, parent, { replicas: most }, at);
  await wakeDeployment(db, deployment);
  const detail = { target: targetName(target), from, replicas };
  await appendAudit(db, { project, actor: NODES.name, action: "deployment.scale", subject: parent, detail, at });
}

/** Of one that was deleted by the native API; the others have theirs. */
async function keepHistoryOnce(db: Kysely<Database>, { stored, deployment, parent }: LivingPipeline): Promise<void> {
  if (stored === null || parent !== null || (Array.isArray(stored.history) && stored.history.length > 0)) return;
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
