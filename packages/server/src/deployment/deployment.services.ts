import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { createDeploymentQueries, type DeploymentQueries } from "./deployment.query.ts";
import { createDeploymentChanges, type DeploymentChanges } from "./deployment.service.ts";
import { createDeploymentLifecycle, type DeploymentLifecycle } from "./lifecycle.service.ts";
import { createRollbacks, type Rollbacks } from "./rollback.service.ts";
import { createTries, type Tries } from "./try.service.ts";

/** Everything that can be asked of deployments, and done to them. */
export type DeploymentService = DeploymentQueries & DeploymentChanges & DeploymentLifecycle & Rollbacks & Tries;

export const createDeploymentService = (deps: {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}): DeploymentService => ({
  ...createDeploymentQueries(deps),
  ...createDeploymentChanges(deps),
  ...createDeploymentLifecycle(deps),
  ...createRollbacks(deps),
  ...createTries(deps),
});
