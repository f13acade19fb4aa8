import {
  blockers,
  type EnvironmentSpec,
  frozenUntil,
  type Instant,
  planDuration,
  type Rollout,
  SluiceError,
  targetOf,
  toIso,
  type ValidationResult,
  withoutSecrets,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { type Changed, create, update } from "../deployment/deployment.service.ts";
import type { StoredDeployment } from "../deployment/deployment.store.ts";
import { requireEnvironment } from "../deployment/references.ts";
import { type Candidate, type CheckEnvironment, checkTargets } from "../engine/checks.ts";
import { findRevision, latestRevisionNumber, type StoredRevision } from "../revision/revision.store.ts";
import { findRoute } from "../routing/route.store.ts";
import { requestsToNotice } from "./plan.detection.ts";
import type { PlanRequest, PlanView } from "./plan.schema.ts";
import { approversAmong, gatesAhead, ownSteps, testsAhead } from "./plan.stages.ts";
import { activeRollouts } from "./rollout.store.ts";
import { stepView, validationView } from "./rollout.view.ts";

export interface PlanService {
  /** What a change would do. Throws whatever the change itself would throw; changes nothing. */
  plan(principal: Principal, request: PlanRequest): Promise<PlanView>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  /** Where candidates would run. */
  checks: CheckEnvironment;
}

export function createPlanService({ db, clock, checks }: Deps): PlanService {
  return {
    async plan(principal, request) {
      const now = clock();
      const preview = await undone(db, (tx) => make(tx, principal, request, now));
      const { rollout, candidate } = preview;
      const unchecked = candidate === null || rollout?.fastTrack === true;
      const { deployment, environment } = preview;
      const targets = deployment.fleet === null ? [targetOf(environment)] : environment.targets;
      const validations = unchecked ? [] : await checkTargets({ ...checks, db, candidate }, targets, clock);
      return view(preview, validations, request, now);
    },
  };
}

/** The change as it was made, and what it met. */
interface Preview extends Changed {
  environment: EnvironmentSpec;
  revision: StoredRevision;
  /** Null when nothing would be rolled out. */
  candidate: Candidate | null;
  /** The newest other rollout under way. */
  other: Rollout | null;
  approvers: string[];
  gates: PlanView["gates"];
}

/** Makes the change in a transaction that is taken back: a plan is not a second opinion on what a change would do. */
async function undone<T>(db: Kysely<Database>, work: (tx: Db) => Promise<T>): Promise<T> {
  const done: T[] = [];
  const takeBack = new Error("taken back");
  await db
    .transaction()
    .execute(async (tx) => {
      done.push(await work(tx));
      throw takeBack;
    })
    .catch((error: unknown) => {
      if (error !== takeBack) throw error;
    });
  const [result] = done;
  if (result === undefined) throw new SluiceError("internal", "a plan came to nothing");
  return result;
}

async function make(tx: Db, principal: Principal, request: PlanRequest, now: Instant): Promise<Preview> {
  const { deployment, rollout } = await change(tx, principal, request, now);
  const environment = await requireEnvironment(tx, deployment.project, deployment.environment);
  const number = rollout?.toRevision ?? deployment.stableRevision ?? (await latestRevisionNumber(tx, deployment.id));
  const revision = await findRevision(tx, deployment.id, number);
  if (revision === null) throw new SluiceError("internal", `revision ${number} vanished while it was planned`);
  const others = (await activeRollouts(tx, deployment.id)).filter((stored) => stored.rollout.id !== rollout?.id);
  return {
    deployment,
    rollout,
    environment,
    revision,
    candidate: rollout === null ? null : await candidateOf(tx, deployment, rollout, revision, environment),
    other: others.at(-1)?.rollout ?? null,
    approvers: approversAmong(await holdersOf(tx, deployment, now), environment.protection, principal.name),
    gates: rollout === null ? [] : await gatesAhead(tx, deployment, rollout),
  };
}

function change(tx: Db, principal: Principal, request: PlanRequest, now: Instant): Promise<Changed> {
  const { baseline: _, ...input } = request;
  if (!("deployment" in input)) return create(tx, principal, input, now);
  const { deployment: id, project, environment, ...patch } = input;
  return update(tx, principal, { id, project, environment }, patch, now);
}

async function candidateOf(
  tx: Db,
  { id, project, kind, artifact, environment: environmentName }: StoredDeployment,
  { strategy }: Rollout,
  { versionId, version, spec, config }: StoredRevision,
  environment: EnvironmentSpec,
): Promise<Candidate> {
  const route = await findRoute(tx, id);
  const planned = {
    project,
    deployment: id,
    kind,
    versionId,
    version,
    spec,
    config,
    strategy,
    environment,
    target: targetOf(environment),
    environmentName,
    artifact,
  };
  return { ...planned, route: route?.settings ?? null };
}

/** Names of the tokens that may approve in the environment. */
async function holdersOf(tx: Db, { project, environment }: StoredDeployment, now: Instant): Promise<string[]> {
  const rows = await tx
    .selectFrom("tokens")
    .select("name")
    .distinct()
    .where("role", "in", ["approver", "admin"])
    .where((eb) => eb.or([eb("project", "is", null), eb("project", "=", project)]))
    .where((eb) => eb.or([eb("environment", "is", null), eb("environment", "=", environment)]))
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", new Date(now))]))
    .orderBy("name")
    .execute();
  return rows.map((row) => row.name);
}

function view(preview: Preview, validations: ValidationResult[], request: PlanRequest, now: Instant): PlanView {
  const { deployment, rollout, environment, revision, other, approvers, gates } = preview;
  const { protection, validationLevel } = environment;
  const steps = rollout?.steps ?? [];
  const duration = planDuration(steps, rollout === null || rollout.fastTrack ? 0 : rollout.strategy.monitoringSeconds);
  const frozen = frozenUntil(protection.freezeWindows, now);
  return {
    deployment: deployment.name,
    environment: deployment.environment,
    changes: rollout !== null,
    fromRevision: rollout === null ? deployment.stableRevision : rollout.fromRevision,
    fromVersion: rollout === null ? revision.version : rollout.fromVersion,
    toRevision: revision.number,
    toVersion: revision.version,
    replicas: deployment.replicas,
    strategy: rollout === null ? null : withoutSecrets(rollout.strategy),
    steps: steps.map(stepView),
    validations: validations.map(validationView),
    blocked: blockers(validations, validationLevel).length > 0,
    gates,
    tests: rollout === null ? [] : testsAhead(rollout),
    approvals: {
      required: rollout?.requiredApprovals ?? 0,
      steps: rollout === null ? 0 : planDuration(ownSteps(rollout), 0).approvals,
      fourEyes: protection.fourEyes,
      approvers,
      expirySeconds: protection.approvalExpirySeconds,
    },
    conflict:
      rollout === null || other === null
        ? null
        : { rollout: other.id, phase: other.phase, handling: rollout.strategy.onConflict },
    frozenUntil: frozen === null ? null : toIso(frozen),
    shortestSeconds: duration.shortestSeconds,
    expectedSeconds: rollout === null ? 0 : duration.expectedSeconds,
    requestsToNotice: rollout === null ? null : requestsToNotice(rollout, request.baseline),
  };
}
