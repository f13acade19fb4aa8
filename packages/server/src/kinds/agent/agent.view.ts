import {
  AGENT_ROLLBACK_TITLES,
  type AgentRollback,
  type AgentTest,
  type AgentValidation,
  agentCompletion,
  agentLimits,
  agentProgress,
  agentRollbackCompletion,
  agentRollbackProgress,
  agentStage,
  agentStatus,
  agentTests,
  agentTier,
  agentValidations,
  type DeploymentConfig,
  type EnvironmentSpec,
  type Instant,
  type MemberState,
  type PhaseOverheads,
  type PhaseSpan,
  percentFromWeight,
  type Rollout,
  toIso,
} from "@sluice/core";
import type { AgentDeploymentView, AgentRollbackView } from "./agent.schema.ts";
import { type MonitoredRevision, monitoringView } from "./monitoring.view.ts";

/** Everything that is known of one delivery of an agent at one moment. */
export interface AgentPicture {
  rollout: Rollout;
  environment: EnvironmentSpec;
  config: DeploymentConfig;
  spans: readonly PhaseSpan[];
  learnt: PhaseOverheads;
  endpoint: string | null;
  monitored: MonitoredRevision;
  tests: Rollout["tests"];
  rollback: AgentRollback | null;
  /** How long earlier rollbacks of the same deployment took. */
  usualRollbackMs: number | null;
}

/** Long enough for every server to have looked for deployments that turned back. */
const TAKEN_UP_MS = 30_000;

const iso = (at: Instant | null): string | null => (at === null ? null : toIso(at));
const seconds = (ms: number): number => ms / 1_000;

/** A delivery of an agent as its interface shows it. */
export function agentDeploymentView(picture: AgentPicture, now: Instant): AgentDeploymentView {
  const { rollout, environment, config, spans, learnt, rollback } = picture;
  const stage = agentStage(
    rollout.phase,
    rollback?.status ?? (isAboutToBeTakenBack(rollout, now) ? "running" : undefined),
  );
  const status = agentStatus(stage);
  const progress = agentProgress({ rollout, spans, learnt, now });
  return {
    deployment_id: rollout.id,
    agent_id: rollout.artifact,
    status,
    stage,
    environment: rollout.environment,
    progress_percentage: progress,
    estimated_completion: iso(agentCompletion({ rollout, spans, learnt, now })),
    validation_results: agentValidations(rollout.validations, {
      environment: rollout.environment,
      level: environment.validationLevel,
    }).map(validationView),
    test_results: agentTests(picture.tests).map(testView),
    monitoring_metrics: monitoringView(picture.monitored, config, progress),
    deployment_metadata: {
      version: rollout.toVersion,
      previous_version: rollout.fromVersion,
      environment_config: agentTier(environment).config,
      agent_endpoint: picture.endpoint,
      deployment: rollout.deployment,
      revision: rollout.toRevision,
      strategy: rollout.strategy.type,
      auto_rollback: rollout.strategy.autoRollback,
      resource_limits: agentLimits(config),
      paused: rollout.pausedAt !== null,
      targets: rollout.waves === null ? null : rollout.members.map(targetView),
    },
    error_message: errorOf(picture, status),
    rollback: rollback === null ? null : agentRollbackView(rollback, picture.usualRollbackMs, now),
    created_at: toIso(rollout.createdAt),
    completed_at: iso(rollout.finishedAt),
  };
}

const targetView = ({ target, state, weight, reason }: MemberState) => ({
  target,
  state,
  weight: percentFromWeight(weight),
  reason,
});

/** Whether it has turned back by itself just now: its steps have yet to be taken up. */
const isAboutToBeTakenBack = ({ phase, returningTo, finishedAt }: Rollout, now: Instant): boolean =>
  finishedAt !== null &&
  now - finishedAt < TAKEN_UP_MS &&
  (phase === "rolled_back" || ((phase === "failed" || phase === "cancelled") && returningTo !== null));

/** Why it failed; of one that goes on, what holds it for people. */
function errorOf({ rollout, rollback }: AgentPicture, status: string): string | null {
  const { phase, reason, failure, pausedAt } = rollout;
  if (status === "failed") {
    const why = reason ?? rollback?.reason ?? `the deployment was ${phase.replaceAll("_", " ")}`;
    return rollback?.status === "failed" ? `${why}; it could not be taken back: ${rollback.error}` : why;
  }
  return pausedAt !== null && failure !== null ? failure.reason : null;
}

const validationView = (result: AgentValidation): AgentDeploymentView["validation_results"][number] => ({
  test_name: result.name,
  test_type: result.type,
  severity: result.severity,
  passed: result.passed,
  message: result.message,
  execution_time: seconds(result.executionMs),
  timestamp: toIso(result.at),
  checks: result.checks.map(({ name, severity, passed, message }) => ({ name, severity, passed, message })),
});

const testView = ({ name, executionMs, at, ...result }: AgentTest): AgentDeploymentView["test_results"][number] => ({
  test_name: name,
  test_type: name,
  ...result,
  execution_time: seconds(executionMs),
  timestamp: toIso(at),
});

/** An agent being taken back, as its interface shows it. */
export function agentRollbackView(rollback: AgentRollback, usualMs: number | null, now: Instant): AgentRollbackView {
  const { options, acts } = rollback;
  const [backup, ...steps] = acts;
  return {
    rollback_id: rollback.id,
    deployment_id: rollback.rollout,
    status: rollback.status,
    rollback_reason: rollback.reason,
    progress_percentage: agentRollbackProgress(rollback),
    estimated_completion: iso(agentRollbackCompletion(rollback, usualMs, now)),
    trigger: rollback.trigger,
    rollback_options: {
      preserve_data: options.preserveData,
      force_rollback: options.forceRollback,
      cleanup_resources: options.cleanupResources,
      backup_before_rollback: options.backupBeforeRollback,
    },
    backup: { status: backup?.status ?? "pending", message: backup?.message ?? "" },
    steps: steps.flatMap(({ act, status, message, startedAt, finishedAt }, index) =>
      act === "backup"
        ? []
        : [
            {
              step: index + 1,
              name: act,
              title: AGENT_ROLLBACK_TITLES[act],
              status,
              message,
              started_at: iso(startedAt),
              finished_at: iso(finishedAt),
            },
          ],
    ),
    error_message: rollback.error,
    created_at: toIso(rollback.createdAt),
    completed_at: iso(rollback.finishedAt),
  };
}
