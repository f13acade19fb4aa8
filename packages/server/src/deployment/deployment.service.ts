import { configSchema, type Instant, mergePatch, parseField, type Rollout, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { changeMembers, isEverywhere, spreadsOver } from "../fleet/fleet.ts";
import { ADMISSION } from "../kinds/admission.ts";
import { OWN_ROUTE } from "../kinds/own-route.ts";
import { insertRoute } from "../routing/route.store.ts";
import { pinSecrets } from "../secret/secret.values.ts";
import { admitConfig, admitRegions, admitStrategy, admitTargets } from "./admission.ts";
import { type ApprovalWish, admitSkip } from "./approval.ts";
import { addRevision, deliver, digestOfContent, ensureRevision, isProven, isWarm, standingOf } from "./change.ts";
import { type DeploymentName, lockLivingDeployment, requireDeployment } from "./deployment.lookup.ts";
import type { CreateDeployment, PromoteDeployment, UpdateDeployment } from "./deployment.schema.ts";
import {
  changeDeployment,
  findDeployment,
  insertDeployment,
  listDeployments,
  type StoredDeployment,
} from "./deployment.store.ts";
import { requireArtifact, requireEnvironment, requireVersion } from "./references.ts";

/** A deployment after a change, and the rollout that the change began; null when nothing had to be rolled out. */
export interface Changed {
  deployment: StoredDeployment;
  rollout: Rollout | null;
}

/** A new deployment always has its first rollout. */
export interface Created {
  deployment: StoredDeployment;
  rollout: Rollout;
}

/** What a surface may wish of the rollout that a change begins. */
export interface ChangeOptions {
  /** Left out: what the environment asks for. */
  approval?: ApprovalWish | undefined;
}

export interface DeploymentChanges {
  create(principal: Principal, input: CreateDeployment, options?: ChangeOptions): Promise<Created>;
  update(
    principal: Principal,
    name: DeploymentName,
    patch: UpdateDeployment,
    options?: ChangeOptions,
  ): Promise<Changed>;
  /** Delivers the version that serves here to another environment; creates the deployment there if it must. */
  promote(principal: Principal, name: DeploymentName, input: PromoteDeployment): Promise<Changed>;
}

/** What changes a deployment's content. Each method is one transaction: change, events, audit and wake, or nothing. */
export function createDeploymentChanges(deps: { db: Kysely<Database>; clock: () => Instant }): DeploymentChanges {
  const { db, clock } = deps;
  return {
    create: (principal, input, options) =>
      db.transaction().execute((tx) => create(tx, principal, input, clock(), options)),
    update: (principal, name, patch, options) =>
      db.transaction().execute((tx) => update(tx, principal, name, patch, clock(), options)),
    promote: (principal, name, input) => db.transaction().execute((tx) => promote(tx, principal, name, input, clock())),
  };
}

/** Creates the deployment with revision 1 and its first rollout, in the caller's transaction. */
export async function create(
  db: Db,
  principal: Principal,
  input: CreateDeployment,
  now: Instant,
  { approval }: ChangeOptions = {},
): Promise<Created> {
  const project = projectOf(principal, input.project);
  authorise(principal, "deployment.write", { project, environment: input.environment });
  const environment = await requireEnvironment(db, project, input.environment);
  if (approval === "skip") {
    admitSkip(principal, environment.protection, { project, environment: input.environment });
  }
  const artifact = await requireArtifact(db, project, input.artifact);
  const version = await requireVersion(db, artifact, input.version);
  const strategy = admitStrategy(input.strategy, environment, { name: input.environment, serving: false });
  admitRegions(environment, input.environment);
  const config = await pinSecrets(db, project, admitConfig(input.config, environment, input.environment));
  const spreads = spreadsOver(environment, artifact.kind);
  if (spreads) admitTargets(strategy);
  ADMISSION[artifact.kind]({ artifact: artifact.name, spec: version.spec, config, route: input.route, strategy });

  const id = newId("dep");
  const route = input.route ?? OWN_ROUTE[artifact.kind]({ project, environment: input.environment, name: input.name });
  const deployment = await insertDeployment(db, {
    id,
    project,
    environment: input.environment,
    name: input.name,
    artifact,
    replicas: config.replicas,
    labels: input.labels,
    deployedBy: principal.name,
    at: new Date(now),
    fleet: spreads ? { route } : null,
  });
  if (deployment === null) {
    throw new SluiceError(
      "already_exists",
      `environment ${input.environment} has a deployment ${input.name}; change that one, or choose another name`,
      { violations: [{ field: "name", found: input.name, allowed: `a name that is free in ${input.environment}` }] },
    );
  }
  if (route !== null && !spreads) await insertRoute(db, id, route, deployment.fence);
  const revision = 1;
  await addRevision(db, { deployment: id, number: revision }, { version, config }, { by: principal.name, now });
  const rollout = await deliver(
    db,
    { deployment, active: [], stable: null },
    { to: { revision, version: version.version }, strategy, environment, by: principal.name, now, approval },
  );
  const content = { artifact: artifact.name, version: version.version, environment: input.environment, revision };
  const detail = { ...content, ...(approval && { approval }) };
  await audit(db, principal, deployment, "deployment.create", { ...detail, rollout: rollout.id }, now);
  return { deployment, rollout };
}

/**
 * Applies a patch. The configuration is merged over the target revision's (see `Standing`); content that differs from
 * it is rolled out, as a new revision or as the earlier one that has this very content. Replicas change on their own.
 */
export async function update(
  db: Db,
  principal: Principal,
  name: DeploymentName,
  patch: UpdateDeployment,
  now: Instant,
  { approval }: ChangeOptions = {},
): Promise<Changed> {
  const deployment = await lockLivingDeployment(db, principal, name);
  assertStarted(deployment);
  const environment = await requireEnvironment(db, deployment.project, deployment.environment);
  if (approval === "skip") admitSkip(principal, environment.protection, deployment);
  const standing = await standingOf(db, deployment);
  const { target, stable } = standing;

  const artifact = { id: deployment.artifactId, name: deployment.artifact, kind: deployment.kind };
  const version = await requireVersion(db, artifact, patch.version ?? target.version);
  const merged = mergePatch({ ...target.config, replicas: deployment.replicas }, patch.config ?? {});
  const admitted = admitConfig(parseField(configSchema, merged, "config"), environment, deployment.environment);
  const config = await pinSecrets(db, deployment.project, admitted);
  const strategy = admitStrategy(patch.strategy, environment, {
    name: deployment.environment,
    serving: stable !== null,
  });
  if (deployment.fleet !== null) admitTargets(strategy);
  ADMISSION[artifact.kind]({ artifact: artifact.name, spec: version.spec, config, strategy });

  const scaled = config.replicas !== deployment.replicas;
  if (scaled) {
    await changeDeployment(db, deployment.id, { replicas: config.replicas }, new Date(now));
    await changeMembers(db, deployment, { replicas: config.replicas }, now);
  }
  const content = { version, config };
  const meant = standing.delivered && digestOfContent(content) === target.digest;
  if (meant && (await isEverywhere(db, standing, environment))) {
    // Nothing to roll out, but what drifted from this content is put right (edge case 5).
    await wakeDeployment(db, deployment.id);
    if (scaled) await audit(db, principal, deployment, "deployment.scale", { replicas: config.replicas }, now);
    return { deployment: await reread(db, deployment.id), rollout: null };
  }
  admitRegions(environment, deployment.environment);
  const revision = await ensureRevision(db, deployment.id, content, { by: principal.name, now });
  const fastTrack = (await isWarm(db, deployment.id, revision, now)) && (await isProven(db, deployment.id, revision));
  const rollout = await deliver(db, standing, {
    to: { revision, version: version.version },
    strategy,
    environment,
    by: principal.name,
    now,
    fastTrack,
    approval,
  });
  await changeDeployment(db, deployment.id, {}, new Date(now));
  const begun = { from: target.number, revision, version: version.version, rollout: rollout.id };
  const detail = { ...begun, ...(approval && { approval }) };
  await audit(
    db,
    principal,
    deployment,
    "deployment.update",
    scaled ? { ...detail, replicas: config.replicas } : detail,
    now,
  );
  return { deployment: await reread(db, deployment.id), rollout };
}

async function promote(
  db: Db,
  principal: Principal,
  name: DeploymentName,
  input: PromoteDeployment,
  now: Instant,
): Promise<Changed> {
  const source = await requireDeployment(db, principal, "deployment.read", name);
  authorise(principal, "deployment.write", { project: source.project, environment: input.environment });
  await requireEnvironment(db, source.project, input.environment);
  const { stable } = await standingOf(db, source);
  if (stable === null) {
    throw new SluiceError(
      "failed_precondition",
      `deployment ${source.name} serves no version yet that could be promoted`,
    );
  }
  if (input.environment === source.environment) {
    throw new SluiceError(
      "failed_precondition",
      `deployment ${source.name} is in ${source.environment} already; name another environment`,
    );
  }
  const { environment, strategy, route } = input;
  const where = { project: source.project, environment };
  const [existing] = await listDeployments(db, { ...where, name: source.name, limit: 1 });
  if (existing === undefined) {
    return create(
      db,
      principal,
      {
        ...where,
        name: source.name,
        artifact: source.artifact,
        version: stable.version,
        config: { ...stable.config, replicas: source.replicas },
        labels: source.labels,
        strategy,
        route,
      },
      now,
    );
  }
  if (existing.artifactId !== source.artifactId) {
    throw new SluiceError(
      "failed_precondition",
      `deployment ${source.name} in ${environment} runs artifact ${existing.artifact}, not ${source.artifact}`,
    );
  }
  return update(db, principal, { id: existing.id }, { version: stable.version, strategy }, now);
}

/** Throws `failed_precondition` while the deployment is stopped: nothing could be tried out. */
export function assertStarted(deployment: StoredDeployment): void {
  if (!deployment.stopped) return;
  throw new SluiceError("failed_precondition", `deployment ${deployment.name} is stopped; start it first`);
}

/** What was just written, in the same transaction. */
export async function reread(db: Db, id: string): Promise<StoredDeployment> {
  const deployment = await findDeployment(db, id);
  if (deployment === null) throw new SluiceError("internal", `deployment ${id} vanished while it was being changed`);
  return deployment;
}

/** Last in a transaction: the head of the project's audit chain stays locked until it ends. */
export async function audit(
  db: Db,
  principal: Principal,
  deployment: StoredDeployment,
  action: string,
  detail: Record<string, unknown>,
  now: Instant,
): Promise<void> {
  const { project, id } = deployment;
  await appendAudit(db, { project, actor: principal.name, action, subject: id, detail, at: new Date(now) });
}
