import {
  type ArtifactKind,
  canonicalJson,
  type DeploymentConfig,
  type EnvironmentSpec,
  type Inexpressible,
  type Instant,
  type Placement,
  type PlaneWish,
  type RouteSettings,
  type Strategy,
  type Target,
  targetName,
  type ValidationResult,
  type VersionSpec,
} from "@sluice/core";
import type { CelEvaluator } from "../cel/cel.evaluator.ts";
import type { Db } from "../db/database.ts";
import { integrationChecks } from "../integration/integration.checks.ts";
import { KIND_CHECKS } from "../kinds/checks.ts";
import { policyChecks } from "../policy/policy.checks.ts";
import { artifactChecks } from "./checks/artifact.checks.ts";
import { configChecks } from "./checks/config.checks.ts";
import { deliveryChecks } from "./checks/delivery.checks.ts";
import { dependencyChecks } from "./checks/dependency.checks.ts";
import { environmentChecks } from "./checks/environment.checks.ts";
import { type Finding, type Gravity, severityAt } from "./checks/finding.ts";
import { programChecks } from "./checks/program.checks.ts";
import { quotaChecks } from "./checks/quota.checks.ts";
import { securityChecks } from "./checks/security.checks.ts";
import { targetChecks } from "./checks/target.checks.ts";
import { trafficChecks } from "./checks/traffic.checks.ts";
import type { Loaded } from "./load.ts";
import type { Collectors } from "./targets.ts";

/** What a server brings to every check. */
export interface CheckEnvironment {
  /** Folder that relative working folders are in, and that none may leave. */
  root: string;
  /** Where programs are looked for, as in the variable PATH. */
  programPath: string;
  /** Target types that this server can run. */
  targets: ReadonlySet<string>;
  /** Why nothing could run at a target now, in a sentence; null: nothing is known against it. */
  preflight?: (target: Target, project: string) => Promise<string | null>;
  /** What stands against a wish at the data plane of a target. Throws when it cannot be asked. Default: nothing does. */
  traffic?: (placement: Placement, wish: PlaneWish) => Promise<Inexpressible[]>;
  /** What a target has for pipelines; null, and the default: nothing of its own. Throws when it cannot be asked. */
  collectors?: (target: Target) => Promise<Collectors | null>;
  /** What the machine has for processes; without it nothing is held against it. */
  capacity?: Capacity;
  /** The program that runs models of Python. Default: `python3`. */
  python?: string;
  /** Where the files of models are kept. Default: a folder. */
  storage?: "folder" | "s3";
  /** Evaluates policies. Default: a thread that lives as long as it takes. */
  cel?: CelEvaluator;
}

export interface Capacity {
  memoryMb: number;
  cpuCores: number;
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
  /** The one of the environment's that it is to run at. */
  target: Target;
  environmentName: string;
  artifact: string;
  route: RouteSettings | null;
}

export interface CheckContext extends CheckEnvironment {
  db: Db;
  candidate: Candidate;
  /** Ends what takes long; what was not answered by then has failed. */
  signal?: AbortSignal;
}

/** One question about a candidate. `run` answers null when the question does not arise. */
export interface Check {
  name: string;
  type: string;
  severity: Gravity;
  run(context: CheckContext): Promise<Finding | readonly Finding[] | null>;
}

const CHECKS: readonly Check[] = [
  ...artifactChecks,
  ...targetChecks,
  ...programChecks,
  ...environmentChecks,
  ...configChecks,
  ...quotaChecks,
  ...securityChecks,
  ...deliveryChecks,
  ...trafficChecks,
  ...dependencyChecks,
  ...policyChecks,
  ...integrationChecks,
];

/**
 * Runs every check against a candidate; nothing is changed. Takes as long as the slowest declared dependency may,
 * ten seconds at most, and a moment otherwise. `now` is in milliseconds since the epoch.
 */
export async function check(context: CheckContext, now: () => Instant): Promise<ValidationResult[]> {
  const { validationLevel } = context.candidate.environment;
  const results: ValidationResult[] = [];
  for (const { name, type, severity, run } of [...CHECKS, ...KIND_CHECKS[context.candidate.kind]]) {
    const at = now();
    const found = await run(context);
    const took = now() - at;
    for (const finding of found === null ? [] : [found].flat()) {
      results.push({
        name: finding.name ?? name,
        type,
        severity: finding.severity ?? severityAt(severity, validationLevel),
        passed: finding.passed,
        message: finding.message,
        executionMs: finding.executionMs ?? took,
        at,
      });
    }
  }
  return results;
}

/** Alike as far as any check can tell: they differ in what they are called alone. */
const samePlace = ({ name: _, region: __, labels: ___, ...place }: Target): string => canonicalJson(place);

/**
 * The same for every one of several targets. What is found at all of them is told once, and what is found at some says where.
 * Targets that differ in their names alone are looked at once.
 */
export async function checkTargets(
  context: CheckContext,
  targets: readonly Target[],
  now: () => Instant,
): Promise<ValidationResult[]> {
  const places = targets.filter((one, at) => targets.findIndex((other) => samePlace(other) === samePlace(one)) === at);
  const found: { place: Target; result: ValidationResult }[] = [];
  for (const place of places) {
    const results = await check({ ...context, candidate: { ...context.candidate, target: place } }, now);
    found.push(...results.map((result) => ({ place, result })));
  }
  const alike = (left: ValidationResult, right: ValidationResult): boolean =>
    left.name === right.name && left.passed === right.passed && left.message === right.message;
  return found.flatMap(({ place, result }, at) => {
    const same = found.filter((other) => alike(other.result, result));
    if (found.findIndex((other) => alike(other.result, result)) < at) return [];
    if (same.length === places.length || places.length === 1) return [result];
    const where = `target ${targetName(place)}: `;
    return [result.message.startsWith(where) ? result : { ...result, message: where + result.message }];
  });
}

/** The checks of the rollout that holds the deployment. */
export async function runChecks(
  db: Db,
  environment: CheckEnvironment,
  { deployment, environment: spec, target, rollouts, revisions, route }: Loaded,
  now: () => Instant,
  signal?: AbortSignal,
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
    target,
    environmentName: deployment.environment,
    artifact: rollout.artifact,
    route: route?.settings ?? null,
  };
  const context = { ...environment, db, candidate, ...(signal && { signal }) };
  return deployment.fleet ? checkTargets(context, spec.targets, now) : check(context, now);
}
