import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import { createTokenService, type TokenService } from "../access/token.service.ts";
import { type ArtifactService, createArtifactService } from "../artifact/artifact.service.ts";
import { type AuditService, createAuditService } from "../audit/audit.service.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/schema.ts";
import { createDemoKeeper, type DemoKeeper } from "../demo/demo.keeper.ts";
import { createDemoService, type DemoService } from "../demo/demo.service.ts";
import { createDeploymentService, type DeploymentService } from "../deployment/deployment.services.ts";
import type { CheckEnvironment } from "../engine/checks.ts";
import type { Live } from "../engine/live.ts";
import { createEnvironmentService, type EnvironmentService } from "../environment/environment.service.ts";
import { createEvaluationService, type EvaluationService } from "../evaluation/evaluation.service.ts";
import type { EventBell } from "../event/event.bell.ts";
import { createEventService, type EventService } from "../event/event.service.ts";
import { createFeedbackService, type FeedbackService } from "../feedback/feedback.service.ts";
import { createGateService, type GateService } from "../gate/gate.service.ts";
import { createGoalService, type GoalService } from "../goal/goal.service.ts";
import { createInsightService, type InsightService } from "../insight/insight.service.ts";
import { createIntegrationService, type IntegrationService } from "../integration/integration.service.ts";
import { createJobService, type JobService } from "../job/job.service.ts";
import { type AgentService, createAgentService } from "../kinds/agent/agent.service.ts";
import { createModelServices, type ModelServices } from "../kinds/model/model.services.ts";
import { createPipelineService, type PipelineService } from "../kinds/pipeline/pipeline.services.ts";
import { createScoreService, type ScoreService } from "../metric/score.service.ts";
import { createNodeService, type NodeService } from "../node/node.service.ts";
import { createNotificationService, type NotificationService } from "../notification/notification.service.ts";
import { createServerService, type ServerService } from "../peer/server.service.ts";
import { createPolicyService, type PolicyService } from "../policy/policy.service.ts";
import { createProjectService, type ProjectService } from "../project/project.service.ts";
import { createResolveLimit, type ResolveLimit } from "../resolve/resolve.limit.ts";
import { createResolveService, type ResolveService } from "../resolve/resolve.service.ts";
import { createResolver, type Resolver } from "../resolve/resolver.ts";
import { createRevisionService, type RevisionService } from "../revision/revision.service.ts";
import { createPlanService, type PlanService } from "../rollout/plan.ts";
import { createRolloutService, type RolloutService } from "../rollout/rollout.service.ts";
import { createScheduleService, type ScheduleService } from "../schedule/schedule.service.ts";
import { createSecretService, type SecretService } from "../secret/secret.service.ts";
import { createTargetService, type TargetService } from "../target/target.service.ts";
import { createFireService, type FireService } from "../trigger/fire.service.ts";
import { createTriggerService, type TriggerService } from "../trigger/trigger.service.ts";
import { createWorkflowService, type WorkflowService } from "../workflow/workflow.services.ts";

/** Everything that a surface (REST, gRPC) may ask of the server. */
export interface Services {
  agents: AgentService;
  artifacts: ArtifactService;
  audit: AuditService;
  clock: () => Instant;
  demoKeeper: DemoKeeper;
  demos: DemoService;
  deployments: DeploymentService;
  environments: EnvironmentService;
  evaluations: EvaluationService;
  events: EventService;
  feedback: FeedbackService;
  fires: FireService;
  gates: GateService;
  goals: GoalService;
  insights: InsightService;
  integrations: IntegrationService;
  jobs: JobService;
  live: Live;
  notifications: NotificationService;
  nodes: NodeService;
  models: ModelServices;
  pipelines: PipelineService;
  plans: PlanService;
  policies: PolicyService;
  projects: ProjectService;
  resolveLimit: ResolveLimit;
  resolver: Resolver;
  resolves: ResolveService;
  revisions: RevisionService;
  rollouts: RolloutService;
  schedules: ScheduleService;
  scores: ScoreService;
  secrets: SecretService;
  servers: ServerService;
  targets: TargetService;
  tokens: TokenService;
  triggers: TriggerService;
  workflows: WorkflowService;
}

export interface ServiceDeps {
  db: Kysely<Database>;
  clock: () => Instant;
  bell: EventBell;
  /** The running system: instances, logs, gateway. */
  live: Live;
  /** Where candidates would run: what a plan's checks look at. */
  checks: CheckEnvironment;
  config: Config;
  /** What prompts are dealt out by. Default: one that reads the database whenever it is asked. */
  resolver?: Resolver;
}

export function createServices(deps: ServiceDeps): Services {
  const resolver = deps.resolver ?? createResolver(deps.db);
  const resolves = createResolveService({ db: deps.db, resolver, random: Math.random });
  const demoKeeper = createDemoKeeper({
    ...deps,
    gatewayUrl: deps.live.gatewayUrl,
    environments: createEnvironmentService(deps),
  });
  return {
    agents: createAgentService(deps),
    artifacts: createArtifactService(deps),
    audit: createAuditService(deps),
    clock: deps.clock,
    demoKeeper,
    demos: createDemoService({
      ...deps,
      keeper: demoKeeper,
      artifacts: createArtifactService(deps),
      environments: createEnvironmentService(deps),
      deployments: createDeploymentService(deps),
    }),
    deployments: createDeploymentService(deps),
    environments: createEnvironmentService(deps),
    evaluations: createEvaluationService(deps),
    events: createEventService(deps),
    feedback: createFeedbackService({ ...deps, resolves }),
    fires: createFireService(deps),
    gates: createGateService(deps),
    goals: createGoalService(deps),
    insights: createInsightService(deps),
    integrations: createIntegrationService(deps),
    jobs: createJobService({ db: deps.db, workflows: createWorkflowService(deps) }),
    live: deps.live,
    models: createModelServices({
      ...deps,
      artifacts: createArtifactService(deps),
      deployments: createDeploymentService(deps),
    }),
    notifications: createNotificationService(deps),
    nodes: createNodeService(deps),
    pipelines: createPipelineService({
      ...deps,
      deployments: createDeploymentService(deps),
      projects: createProjectService(deps),
      rollouts: createRolloutService(deps),
    }),
    plans: createPlanService(deps),
    policies: createPolicyService(deps),
    projects: createProjectService(deps),
    resolveLimit: createResolveLimit(deps.config.resolveLimit, deps.clock),
    resolver,
    resolves,
    revisions: createRevisionService(deps),
    rollouts: createRolloutService(deps),
    schedules: createScheduleService(deps),
    scores: createScoreService(deps),
    secrets: createSecretService(deps),
    servers: createServerService(deps),
    targets: createTargetService(deps),
    tokens: createTokenService(deps),
    triggers: createTriggerService(deps),
    workflows: createWorkflowService(deps),
  };
}
