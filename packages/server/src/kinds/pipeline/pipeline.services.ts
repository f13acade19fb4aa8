import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/schema.ts";
import type { DeploymentService } from "../../deployment/deployment.services.ts";
import type { CheckEnvironment } from "../../engine/checks.ts";
import type { Live } from "../../engine/live.ts";
import type { ProjectService } from "../../project/project.service.ts";
import type { RolloutService } from "../../rollout/rollout.service.ts";
import { createPipelineDrafts, type PipelineDrafts } from "./pipeline.draft.ts";
import { createPipelineKeeper, type PipelineKeeper } from "./pipeline.keeper.ts";
import { createNodesOf } from "./pipeline.places.ts";
import { createPipelineQueries, type PipelineQueries } from "./pipeline.query.ts";
import { createPipelineChanges, type PipelineChanges } from "./pipeline.service.ts";

/** What the document of pipelines asks, beyond what can be asked of any deployment. */
export type PipelineService = PipelineChanges & PipelineQueries & PipelineDrafts & PipelineKeeper;

interface Deps {
  checks: CheckEnvironment;
  db: Kysely<Database>;
  clock: () => Instant;
  config: Config;
  live: Live;
  deployments: DeploymentService;
  projects: ProjectService;
  rollouts: RolloutService;
}

export function createPipelineService(deps: Deps): PipelineService {
  const nodesOf = createNodesOf(deps);
  return {
    ...createPipelineChanges({ ...deps, nodesOf }),
    ...createPipelineQueries(deps),
    ...createPipelineDrafts(deps),
    ...createPipelineKeeper({ ...deps, nodesOf }),
  };
}
