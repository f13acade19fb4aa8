import { roleRoutes } from "../access/role.routes.ts";
import { tokenRoutes } from "../access/token.routes.ts";
import { artifactRoutes } from "../artifact/artifact.routes.ts";
import { deliveryRoutes } from "../artifact/delivery.routes.ts";
import { versionRoutes } from "../artifact/version.routes.ts";
import { auditRoutes } from "../audit/audit.routes.ts";
import { demoRoutes } from "../demo/demo.routes.ts";
import { deploymentActionRoutes } from "../deployment/action.routes.ts";
import { deploymentRoutes } from "../deployment/deployment.routes.ts";
import { deploymentLiveRoutes } from "../deployment/live.routes.ts";
import { deploymentLogRoutes } from "../deployment/log.routes.ts";
import { tryRoutes } from "../deployment/try.routes.ts";
import { environmentRoutes } from "../environment/environment.routes.ts";
import { evaluationRoutes } from "../evaluation/evaluation.routes.ts";
import { eventRoutes } from "../event/event.routes.ts";
import { feedbackRoutes } from "../feedback/feedback.routes.ts";
import { gateRoutes } from "../gate/gate.routes.ts";
import { goalRoutes } from "../goal/goal.routes.ts";
import { insightRoutes } from "../insight/insight.routes.ts";
import { integrationRoutes } from "../integration/integration.routes.ts";
import { jobRoutes } from "../job/job.routes.ts";
import { SURFACES } from "../kinds/surfaces.ts";
import { scoreRoutes } from "../metric/score.routes.ts";
import { nodeRoutes } from "../node/node.routes.ts";
import { notificationRoutes } from "../notification/notification.routes.ts";
import { serverRoutes } from "../peer/server.routes.ts";
import { policyRoutes } from "../policy/policy.routes.ts";
import { projectRoutes } from "../project/project.routes.ts";
import { ofrepRoutes } from "../resolve/ofrep.routes.ts";
import { resolveRoutes } from "../resolve/resolve.routes.ts";
import { revisionRoutes } from "../revision/revision.routes.ts";
import { rolloutRoutes } from "../rollout/rollout.routes.ts";
import { scheduleRoutes } from "../schedule/schedule.routes.ts";
import { secretRoutes } from "../secret/secret.routes.ts";
import { seriesRoutes } from "../series/series.routes.ts";
import { targetRoutes } from "../target/target.routes.ts";
import { fireRoutes } from "../trigger/fire.routes.ts";
import { triggerRoutes } from "../trigger/trigger.routes.ts";
import { workflowFileRoutes } from "../workflow/run.files.routes.ts";
import { workflowRunRoutes } from "../workflow/run.routes.ts";
import { workflowRoutes } from "../workflow/workflow.routes.ts";
import type { Routes } from "./app.types.ts";
import { schemaRoutes } from "./schemas.ts";

/** The native API, a line for each noun; then what single kinds speak beside it. */
export const ROUTES: readonly Routes[] = [
  projectRoutes,
  serverRoutes,
  targetRoutes,
  environmentRoutes,
  artifactRoutes,
  versionRoutes,
  deliveryRoutes,
  deploymentRoutes,
  deploymentActionRoutes,
  deploymentLiveRoutes,
  deploymentLogRoutes,
  tryRoutes,
  goalRoutes,
  scoreRoutes,
  resolveRoutes,
  ofrepRoutes,
  feedbackRoutes,
  revisionRoutes,
  rolloutRoutes,
  seriesRoutes,
  insightRoutes,
  gateRoutes,
  evaluationRoutes,
  nodeRoutes,
  workflowRoutes,
  workflowRunRoutes,
  workflowFileRoutes,
  jobRoutes,
  eventRoutes,
  notificationRoutes,
  integrationRoutes,
  auditRoutes,
  tokenRoutes,
  roleRoutes,
  secretRoutes,
  policyRoutes,
  triggerRoutes,
  scheduleRoutes,
  fireRoutes,
  demoRoutes,
  schemaRoutes,
  ...Object.values(SURFACES).flat(),
];
