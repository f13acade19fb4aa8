import { SluiceError, targetName } from "@sluice/core";
import type { Kysely } from "kysely";
import { z } from "zod";
import { authorise } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { Database } from "../../db/schema.ts";
import type { DeploymentQueries } from "../../deployment/deployment.query.ts";
import type { DeploymentPicture } from "../../deployment/deployment.view.ts";
import type { Live } from "../../engine/live.ts";
import type { ProjectService } from "../../project/project.service.ts";
import { listRollouts } from "../../rollout/rollout.store.ts";
import { type InstanceFigures, readFigures } from "./pipeline.figures.ts";
import { pipelineHistory } from "./pipeline.history.ts";
import {
  type HistoryEntry,
  historyEntrySchema,
  type ListPipelines,
  type PipelineDetail,
  type PipelineSummary,
} from "./pipeline.schema.ts";
import { deletedPipelines, findPipeline, pipelinesOf, type StoredPipeline } from "./pipeline.store.ts";
import { deletedDetail, deletedSummary, detailOf, summaryOf } from "./pipeline.view.ts";

export interface PipelineQueries {
  list(principal: Principal, query: ListPipelines): Promise<{ deployments: PipelineSummary[]; total: number }>;
  /** One that was deleted is answered for as long as it is kept. */
  get(principal: Principal, id: string): Promise<PipelineDetail>;
  /** Newest first. */
  history(principal: Principal, id: string): Promise<HistoryEntry[]>;
  /** A living one as its picture; a deleted one as what is kept of it. Throws `not_found`. */
  find(principal: Principal, id: string): Promise<Found>;
}

type Found = { picture: DeploymentPicture; stored: StoredPipeline | null } | { picture: null; stored: StoredPipeline };

interface Deps {
  db: Kysely<Database>;
  live: Live;
  deployments: DeploymentQueries;
  projects: ProjectService;
}

const PAGE = 200;

export function createPipelineQueries({ db, live, deployments, projects }: Deps): PipelineQueries {
  const find = async (principal: Principal, id: string): Promise<Found> => {
    const picture = await deployments.get(principal, { id }).catch((error: unknown) => {
      if (error instanceof SluiceError && error.code === "not_found") return null;
      throw error;
    });
    if (picture !== null && picture.deployment.kind === "pipeline")
      return { picture, stored: await findPipeline(db, picture.deployment.id) };
    const stored = picture === null ? await findPipeline(db, id) : null;
    if (stored === null || (principal.project !== null && principal.project !== stored.project)) throw noPipeline(id);
    authorise(principal, "deployment.read", stored);
    return { picture: null, stored };
  };

  return {
    find,
    async list(principal, query) {
      const summaries: PipelineSummary[] = [];
      for (const project of await projectsOf(principal, query.namespace)) {
        const living = query.status === "deleted" ? [] : await livingIn(principal, project, query);
        summaries.push(...living, ...(query.status === "deleted" ? await deletedIn(principal, project) : []));
      }
      const met = summaries.filter((summary) => meets(summary, query));
      const from = (query.page - 1) * query.per_page;
      return { deployments: met.slice(from, from + query.per_page), total: met.length };
    },
    async get(principal, id) {
      const { picture, stored } = await find(principal, id);
      if (picture === null) return deletedDetail(stored, historyOf(stored)[0]);
      const { project } = picture.deployment;
      const [figures, [last]] = await Promise.all([
        figuresOf(picture),
        listRollouts(db, { project, deployment: picture.deployment.id, limit: 1 }),
      ]);
      return detailOf(picture, stored, { figures, last: last?.rollout ?? null, gatewayUrl: live.gatewayUrl });
    },
    async history(principal, id) {
      const { picture, stored } = await find(principal, id);
      return picture === null
        ? historyOf(stored)
        : pipelineHistory(db, picture.deployment.project, picture.deployment.id);
    },
  };

  async function projectsOf(principal: Principal, namespace: string | undefined): Promise<string[]> {
    if (namespace !== undefined) return [namespace];
    const names: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await projects.list(principal, { limit: PAGE, cursor: cursor ?? undefined });
      names.push(...page.items.map((project) => project.name));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return names;
  }

  async function livingIn(principal: Principal, project: string, query: ListPipelines): Promise<PipelineSummary[]> {
    const pictures: DeploymentPicture[] = [];
    let cursor: string | null | undefined;
    do {
      const { environment, pipeline_name: artifact } = query;
      const filter = { project, environment, artifact, kind: "pipeline" as const };
      const page = await deployments.list(principal, { ...filter, limit: PAGE, cursor: cursor ?? undefined });
      pictures.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    const stored = await pipelinesOf(
      db,
      pictures.map((picture) => picture.deployment.id),
    );
    return pictures
      .map((picture) => ({ picture, direct: stored.get(picture.deployment.id) ?? null }))
      .filter(
        ({ direct }) =>
          query.deployment_type === undefined || (query.deployment_type === "direct") === (direct !== null),
      )
      .map(({ picture, direct }) => summaryOf(picture, direct));
  }

  async function deletedIn(principal: Principal, project: string): Promise<PipelineSummary[]> {
    const { environment } = principal;
    authorise(principal, "deployment.read", { project, ...(environment !== null && { environment }) });
    const kept = await deletedPipelines(db, project);
    return kept.filter((one) => environment === null || one.environment === environment).map(deletedSummary);
  }
}

/** What its collectors tell, at every target where it is. */
async function figuresOf({ statuses, members }: DeploymentPicture): Promise<InstanceFigures[]> {
  const atTargets = members.map((member) => {
    const { target } = member.deployment;
    return readFigures(member.statuses, target === null ? null : targetName(target));
  });
  return (await Promise.all([readFigures(statuses), ...atTargets])).flat();
}

const meets = (summary: PipelineSummary, { status, environment, pipeline_name: pipeline }: ListPipelines): boolean =>
  (status === undefined || summary.status === status) &&
  (environment === undefined || summary.environment === environment) &&
  (pipeline === undefined || summary.pipeline_name === pipeline);

/** What was kept when it was deleted; it was of this form then. */
const historyOf = (stored: StoredPipeline): HistoryEntry[] =>
  z.array(historyEntrySchema).safeParse(stored.history).data ?? [];

const noPipeline = (id: string): SluiceError =>
  new SluiceError("not_found", `pipeline deployment ${id} does not exist`);
