import {
  type AgentDeployRequest,
  type AgentRollbackRequest,
  type AgentStatus,
  agentTier,
  DEFAULT_AGENT_ENVIRONMENT,
  type Instant,
  type Phase,
  type Rollout,
  SluiceError,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { Database } from "../../db/schema.ts";
import { createDeploymentService } from "../../deployment/deployment.services.ts";
import type { Live } from "../../engine/live.ts";
import { createEnvironmentService } from "../../environment/environment.service.ts";
import type { EventBell } from "../../event/event.bell.ts";
import { createEventService } from "../../event/event.service.ts";
import { keyOfCursor, type Page, toPage } from "../../http/page.ts";
import { createRolloutService } from "../../rollout/rollout.service.ts";
import { deployAgent } from "./agent.deploy.ts";
import { agentPictures } from "./agent.picture.ts";
import { rollBackAgent } from "./agent.rollback.ts";
import type { AgentDeploymentView, AgentEnvironments, AgentMetrics, AgentRollbackView } from "./agent.schema.ts";
import { listAgentRollouts } from "./agent.store.ts";
import { agentDeploymentView, agentRollbackView } from "./agent.view.ts";
import { agentMetrics } from "./metrics.store.ts";
import { findAgentRollback, usualRollbackMs } from "./rollback.store.ts";

export interface AgentListQuery {
  project?: string | undefined;
  environment?: string | undefined;
  agent_id?: string | undefined;
  /** Default: those under way. */
  status?: AgentStatus | "all" | undefined;
  limit: number;
  cursor?: string | undefined;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
  bell: EventBell;
}

export type AgentService = ReturnType<typeof createAgentService>;

/** Phases of each status; `running` is asked for by what is active. */
const ENDED: Readonly<Record<Exclude<AgentStatus, "running">, readonly Phase[]>> = {
  success: ["completed"],
  failed: ["failed", "gates_failed", "rolled_back", "cancelled", "superseded"],
};

/** Milliseconds that the answer to a deployment waits for its validation. */
const FIRST_LOOK_MS = 2_000;
const BEFORE_VALIDATED: readonly Phase[] = ["queued", "validating"];

/** Deployments of agents in the words of their own interface; everything is done by the services that are there. */
export function createAgentService(deps: Deps) {
  const { db, clock, live } = deps;
  const rollouts = createRolloutService(deps);
  const deployments = createDeploymentService(deps);
  const environments = createEnvironmentService(deps);
  const events = createEventService(deps);

  const view = async (rollout: Rollout): Promise<AgentDeploymentView> => {
    const [picture] = await agentPictures(db, live, [rollout]);
    if (picture === undefined) throw noDeployment(rollout.id);
    return agentDeploymentView(picture, clock());
  };

  /** Throws `not_found` for a rollout that is no delivery of an agent, as for one that is not there. */
  const delivery = async (principal: Principal, id: string): Promise<Rollout> => {
    const rollout = await rollouts.get(principal, id).catch((error: unknown) => {
      throw error instanceof SluiceError && error.code === "not_found" ? noDeployment(id) : error;
    });
    const row = await db
      .selectFrom("deployments")
      .innerJoin("artifacts", "artifacts.id", "deployments.artifact_id")
      .select("artifacts.kind")
      .where("deployments.id", "=", rollout.deployment)
      .executeTakeFirst();
    if (row?.kind !== "agent" || rollout.rollbackOf !== null) throw noDeployment(id);
    return rollout;
  };

  return {
    deploy: async (principal: Principal, request: AgentDeployRequest): Promise<AgentDeploymentView> =>
      view(await deployAgent({ db, clock, deployments }, principal, request)),

    /** The deployment once it is validated, or after a moment: what a caller of `deploy` wants to see first. */
    async firstLook(principal: Principal, id: string, signal: AbortSignal): Promise<AgentDeploymentView> {
      const until = AbortSignal.any([signal, AbortSignal.timeout(FIRST_LOOK_MS)]);
      const filter = await events.filterOfRollout(principal, id);
      for await (const _ of events.follow(filter, "0-0", until)) {
        const { phase } = await rollouts.get(principal, id);
        if (!BEFORE_VALIDATED.includes(phase)) break;
      }
      return view(await rollouts.get(principal, id));
    },

    get: async (principal: Principal, id: string): Promise<AgentDeploymentView> => view(await delivery(principal, id)),

    async list(principal: Principal, query: AgentListQuery): Promise<Page<AgentDeploymentView>> {
      const project = projectOf(principal, query.project);
      const environment = query.environment ?? principal.environment ?? undefined;
      authorise(principal, "rollout.read", { project, ...(environment !== undefined && { environment }) });
      const { status = "running", limit } = query;
      const rows = await listAgentRollouts(db, {
        project,
        environment,
        agent: query.agent_id,
        active: status === "running",
        phases: status === "running" || status === "all" ? undefined : ENDED[status],
        before: keyOfCursor(query.cursor),
        limit: limit + 1,
      });
      const page = toPage(
        rows,
        limit,
        ({ id }) => id,
        (rollout) => rollout,
      );
      const pictures = await agentPictures(db, live, page.items);
      const now = clock();
      return { ...page, items: pictures.map((picture) => agentDeploymentView(picture, now)) };
    },

    async rollback(principal: Principal, request: AgentRollbackRequest): Promise<AgentRollbackView> {
      const rollout = await delivery(principal, request.deployment_id);
      authorise(principal, "rollout.write", rollout);
      const rollback = await rollBackAgent({ db, clock, rollouts, deployments }, principal, { rollout, request });
      return agentRollbackView(rollback, await usualRollbackMs(db, rollback.deployment), clock());
    },

    async rollbackStatus(principal: Principal, id: string): Promise<AgentRollbackView> {
      const missing = new SluiceError("not_found", `rollback ${id} does not exist`);
      const stored = await findAgentRollback(db, id);
      if (stored === null) throw missing;
      const { rollback } = stored;
      if (principal.project !== null && principal.project !== rollback.project) throw missing;
      authorise(principal, "rollout.read", rollback);
      return agentRollbackView(rollback, await usualRollbackMs(db, rollback.deployment), clock());
    },

    async environments(principal: Principal, project: string | undefined): Promise<AgentEnvironments> {
      const { items } = await environments.list(principal, { project, limit: 200 });
      const entries = items.map(({ name, spec }) => {
        const { description, backupEnabled, redundancyEnabled } = agentTier(spec);
        const { memoryMb, cpuCores, storageGb } = spec.limits;
        const limits = { memory_mb: memoryMb, cpu_cores: cpuCores };
        const view = {
          description,
          resource_requirements: { ...limits, storage_gb: storageGb },
          resource_limits: limits,
          validation_level: spec.validationLevel,
          monitoring_level: spec.monitoringLevel,
          backup_enabled: backupEnabled,
          redundancy_enabled: redundancyEnabled,
        };
        return [name, view] as const;
      });
      return { environments: Object.fromEntries(entries), default_environment: DEFAULT_AGENT_ENVIRONMENT };
    },

    async metrics(principal: Principal, project?: string): Promise<AgentMetrics> {
      const asked = projectOf(principal, project);
      authorise(principal, "system.read", { project: asked });
      return agentMetrics(db, asked, clock());
    },
  };
}

const noDeployment = (id: string): SluiceError =>
  new SluiceError("not_found", `deployment ${id} of an agent does not exist`);
