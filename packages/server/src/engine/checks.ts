import type {
  ArtifactKind,
  DeploymentConfig,
  EnvironmentSpec,
  Instant,
  RouteSettings,
  Severity,
  Strategy,
  ValidationResult,
  VersionSpec,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import { configChecks } from "./checks/config.checks.ts";
import { deliveryChecks } from "./checks/delivery.checks.ts";
import { programChecks } from "./checks/program.checks.ts";
import { targetChecks } from "./checks/target.checks.ts";
import type { Loaded } from "./load.ts";

/** What a server brings to every check. */
export interface CheckEnvironment {
  /** Folder that relative working folders are in, and that none may leave. */
  root: string;
  /** Where programs are looked for, as in the variable PATH. */
  programPath: string;
  /** Target types that this server can run. */
  targets: ReadonlySet<string>;
}

/** Everything the checks of one candidate look at. */
export interface Candidate {
  project: string;
  /** Null for a deployment that is only planned. */
  deployment: string | null;
  kind: ArtifactKind;
  versionId: string;
  version: string;
  spec: VersionSpec;
  config: DeploymentConfig;
  strategy: Strategy;
  environment: EnvironmentSpec;
  route: RouteSettings | null;
}

export interface CheckContext extends CheckEnvironment {
  db: Db;
  candidate: Candidate;
}

/** What one check found. */
export interface Finding {
  passed: boolean;
  message: string;
}

/** One question about a candidate. `run` answers null when the question does not arise. */
export interface Check {
  name: string;
  type: string;
  severity: Severity;
  run(context: CheckContext): Promise<Finding | null>;
}

export const pass = (message: string): Finding => ({ passed: true, message });
export const fail = (message: string): Finding => ({ passed: false, message });

const CHECKS: readonly Check[] = [...targetChecks, ...programChecks, ...configChecks, ...deliveryChecks];

/** Runs every check against a candidate; nothing is changed. `now` is in milliseconds since the epoch. */
export async function check(context: CheckContext, now: () => Instant): Promise<ValidationResult[]> {
  const results: ValidationResult[] = [];
  for (const { name, type, severity, run } of CHECKS) {
    const at = now();
    const finding = await run(context);
    if (finding !== null) results.push({ name, type, severity, ...finding, executionMs: now() - at, at });
  }
  return results;
}

/** The checks of the rollout that holds the deployment. */
export async function runChecks(
  db: Db,
  environment: CheckEnvironment,
  { deployment, environment: spec, rollouts, revisions, route }: Loaded,
  now: () => Instant,
): Promise<ValidationResult[] | null> {
  const rollout = rollouts[0]?.rollout;
  const revision = rollout === undefined ? undefined : revisions.get(rollout.toRevision);
  if (rollout === undefined || revision === undefined) return null;
  const candidate: Candidate = {
    project: deployment.project,
    deployment: deployment.id,
    kind: deployment.kind,
    versionId: revision.versionId,
    version: revision.version,
    spec: revision.spec,
    config: revision.config,
    strategy: rollout.strategy,
    environment: spec,
    route: route?.settings ?? null,
  };
  return check({ ...environment, db, candidate }, now);
}
