import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Config } from "../config.ts";
import type { Database } from "../db/schema.ts";
import { createWorkflowFiles, type WorkflowFiles } from "./run.files.service.ts";
import { createWorkflowRuns, type WorkflowRuns } from "./run.service.ts";
import { createWorkflowDefinitions, type WorkflowDefinitions } from "./workflow.service.ts";

/** Everything that can be asked of workflows and their runs. */
export type WorkflowService = WorkflowDefinitions & WorkflowRuns & WorkflowFiles;

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: Pick<Config, "dataDir">;
}

export function createWorkflowService(deps: Deps): WorkflowService {
  const runs = createWorkflowRuns(deps);
  const files = createWorkflowFiles({ db: deps.db, dataDir: deps.config.dataDir, runs });
  return { ...createWorkflowDefinitions(deps), ...runs, ...files };
}
