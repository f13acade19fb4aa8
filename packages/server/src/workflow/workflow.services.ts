import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import { createWorkflowRuns, type WorkflowRuns } from "./run.service.ts";
import { createWorkflowDefinitions, type WorkflowDefinitions } from "./workflow.service.ts";

/** Everything that can be asked of workflows and their runs. */
export type WorkflowService = WorkflowDefinitions & WorkflowRuns;

export const createWorkflowService = (deps: { db: Kysely<Database>; clock: () => Instant }): WorkflowService => ({
  ...createWorkflowDefinitions(deps),
  ...createWorkflowRuns(deps),
});
