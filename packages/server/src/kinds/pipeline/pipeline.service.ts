import {
  configSchema,
  type Instant,
  invalidField,
  mergedParameters,
  type Rollout,
  renderPipeline,
  SluiceError,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import { standingOf } from "../../deployment/change.ts";
import { lockLivingDeployment } from "../../deployment/deployment.lookup.ts";
import { audit, create as createDeployment, update as updateDeployment } from "../../deployment/deployment.service.ts";
import { changeDeployment, type StoredDeployment } from "../../deployment/deployment.store.ts";
import { requireVersion } from "../../deployment/references.ts";
import { findEnvironment } from "../../environment/environment.store.ts";
import { spreadsOver } from "../../fleet/fleet.ts";
import { createProject } from "../../project/project.service.ts";
import { chooseVersion } from "./pipeline.artifact.ts";
import { pipelineHistory } from "./pipeline.history.ts";
import { recordOutcomes } from "./pipeline.outcomes.ts";
import type { NodesOf } from "./pipeline.places.ts";
import type { DeployPipeline, UpdatePipeline } from "./pipeline.schema.ts";
import {
  changePipeline,
  findPipeline,
  insertPipeline,
  isNameTaken,
  keepHistory,
  markDeleted,
  type StoredPipeline,
} from "./pipeline.store.ts";
import { fitMembers, mostNodes, requireNodesAt, targetsFor } from "./pipeline.targets.ts";
import { rollingStrategy } from "./rolling.strategy.ts";

export interface Deployed {
  deployment: StoredDeployment;
  stored: StoredPipeline;
  rollout: Rollout;
}

export interface UpdatedPipeline {
  deployment: StoredDeployment;
  /** Null: nothing but where or how many collectors run was changed, or nothing at all. */
  rollout: Rollout | null;
  /** Another number of collectors is wanted than before. */
  scaled: boolean;
}

export interface PipelineChanges {
  /** One transaction: project, pipeline and deployment are made together, or nothing is. */
  deploy(principal: Principal, body: DeployPipeline): Promise<Deployed>;
  update(principal: Principal, id: string, body: UpdatePipeline): Promise<UpdatedPipeline>;
  /** What is kept of a deployment that is about to go. Throws when the principal may not delete it. */
  beforeRemoval(principal: Principal, id: string): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  nodesOf: NodesOf;
}

/** How long an update may stay without a new collector being ready before it is taken back. */
const PROGRESS_SECONDS = 120;

export function createPipelineChanges({ db, clock, nodesOf }: Deps): PipelineChanges {
  const transaction = <T>(work: (tx: Db, now: Instant) => Promise<T>): Promise<T> =>
    db
      .transaction()
      .execute((tx) => work(tx, clock()))
      .catch((error: unknown) => {
        throw error instanceof SluiceError ? inOurWords(error) : error;
      });
  return {
    deploy: (principal, body) => transaction((tx, now) => deploy(tx, principal, body, { nodesOf, now })),
    update: (principal, id, body) => transaction((tx, now) => update(tx, principal, { id, body, nodesOf, now })),
    beforeRemoval: (principal, id) =>
      transaction(async (tx) => {
        const deployment = await lockPipeline(tx, principal, id);
        await recordOutcomes(tx);
        await keepHistory(tx, deployment.id, await pipelineHistory(tx, deployment.project, deployment.id));
      }),
  };
}

async function deploy(
  db: Db,
  principal: Principal,
  body: DeployPipeline,
  { nodesOf, now }: { nodesOf: NodesOf; now: Instant },
): Promise<Deployed> {
  const { namespace: project, deployment_name: name, pipeline_name: pipeline, parameters, resources } = body;
  const at = new Date(now);
  // The name of one that has just gone is free.
  await markDeleted(db, at);
  authorise(principal, "pipeline.deploy", { project });
  const target = { targetNodes: body.target_nodes ?? {}, selector: body.selector ?? null };
  await ensureNamespace(db, principal, project, at);
  const environment = await environmentFor(db, principal, body);
  authorise(principal, "pipeline.deploy", { project, environment });
  const spec = (await findEnvironment(db, project, environment))?.spec;
  const targets = targetsFor(spec, spec !== undefined && spreadsOver(spec, "pipeline"));
  const field = body.target_nodes === undefined ? "selector" : "target_nodes";
  const nodes = await requireNodesAt(db, nodesOf, targets, target, field);
  const most = mostNodes(nodes);
  // Asked before the engine is, which would speak of the route that follows from the name.
  if (await isNameTaken(db, { project, name })) throw nameTaken(project, name);
  const chosen = await chooseVersion(db, principal, { project, name: pipeline, version: body.version, at });
  renderPipeline(chosen.spec, parameters);
  const replicas = most * body.replicas;
  if (replicas > 1_000)
    throw invalidField("replicas", body.replicas, `at most ${Math.floor(1_000 / most)} on ${most} nodes`);
  const config = configSchema.parse({
    replicas,
    parameters,
    resources,
    healthCheck: { path: "/healthz", timeoutSeconds: 5, retries: 5 },
    progressDeadlineSeconds: PROGRESS_SECONDS,
  });
  const { deployment, rollout } = await createDeployment(
    db,
    principal,
    {
      project,
      name,
      artifact: pipeline,
      version: chosen.version,
      environment,
      config,
      labels: { "phoenix.io/deployment-type": "direct", variant: "production" },
      route: routeFor(project, name),
      strategy: body.strategy ?? (await rollingFor(db, { project, environment }, most)),
    },
    now,
  );
  await fitMembers(db, deployment, { nodes, each: body.replicas }, now);
  const stored = {
    deployment: deployment.id,
    project,
    environment,
    name,
    pipeline,
    ...target,
    replicas: body.replicas,
    createdAt: at,
    updatedAt: at,
  };
  if (!(await insertPipeline(db, stored))) throw nameTaken(project, name);
  return { deployment, stored: { ...stored, deletedAt: null, history: [] }, rollout };
}

const nameTaken = (project: string, name: string): SluiceError =>
  new SluiceError(
    "already_exists",
    `namespace ${project} has a pipeline deployment ${name}; change that one, or choose another name`,
    { violations: [{ field: "deployment_name", found: name, allowed: `a name that is free in ${project}` }] },
  );

/** Applications send OTLP over HTTP here, whichever collectors there are. */
const routeFor = (project: string, name: string) => ({
  path: `/pipelines/${project}/${name}`,
  stripPrefix: true,
  stickiness: { by: "none" as const },
  timeouts: { connectMs: 1_000, responseMs: 60_000, idleMs: 60_000 },
});

/** A namespace is a project. One that is not there is made for whoever may make projects. */
async function ensureNamespace(db: Db, principal: Principal, project: string, at: Date): Promise<void> {
  const row = await db.selectFrom("projects").select("name").where("name", "=", project).executeTakeFirst();
  if (row !== undefined) return;
  if (principal.role !== "admin") {
    throw new SluiceError("not_found", `namespace ${project} does not exist; an administrator may create it`, {
      violations: [{ field: "namespace", found: project, allowed: "a project that exists" }],
    });
  }
  await createProject(db, principal, project, at);
}

/** The environment that is named; else the one that the nodes' label names, where there is one; else production. */
async function environmentFor(db: Db, principal: Principal, body: DeployPipeline): Promise<string> {
  if (body.environment !== undefined) return body.environment;
  const labelled = body.target_nodes?.environment;
  if (labelled !== undefined && (await findEnvironment(db, body.namespace, labelled)) !== undefined) return labelled;
  return principal.environment ?? "production";
}

/** The deployment, locked. Throws `not_found` for anything but a living pipeline that the principal may see. */
async function lockPipeline(db: Db, principal: Principal, id: string): Promise<StoredDeployment> {
  const deployment = await lockLivingDeployment(db, principal, { id });
  if (deployment.kind !== "pipeline") throw new SluiceError("not_found", `pipeline deployment ${id} does not exist`);
  authorise(principal, "pipeline.deploy", deployment);
  return deployment;
}

interface Order {
  id: string;
  body: UpdatePipeline;
  nodesOf: NodesOf;
  now: Instant;
}

async function update(db: Db, principal: Principal, { id, body, nodesOf, now }: Order): Promise<UpdatedPipeline> {
  const deployment = await lockPipeline(db, principal, id);
  const stored = await findPipeline(db, deployment.id);
  const placed = stored === null ? null : await place(db, deployment, stored, { body, nodesOf, now });
  if (stored === null && (body.target_nodes ?? body.selector ?? null) !== null) {
    throw new SluiceError(
      "failed_precondition",
      `${deployment.name} was not deployed by this interface: it runs on local`,
    );
  }
  const replicas = placed?.replicas ?? body.replicas ?? deployment.replicas;
  const { parameters, resources } = body;
  if (parameters !== undefined) await admitParameters(db, deployment, body);
  const patch = {
    ...(parameters !== undefined && { parameters }),
    ...(resources !== undefined && { resources }),
    ...(replicas !== deployment.replicas && deployment.fleet === null && { replicas }),
  };
  const changed = await updateDeployment(
    db,
    principal,
    { id: deployment.id },
    {
      config: patch,
      ...(body.version !== undefined && { version: body.version }),
      strategy: body.strategy ?? (await rollingFor(db, deployment, placed?.nodes ?? 1)),
    },
    now,
  );
  if (placed?.moved === true) {
    await audit(db, principal, deployment, "pipeline.target", { ...placed.target, replicas: placed.each }, now);
  }
  return { ...changed, scaled: placed?.scaled ?? replicas !== deployment.replicas };
}

/** Where the collectors are to be after the update, and how many. */
async function place(
  db: Db,
  deployment: StoredDeployment,
  stored: StoredPipeline,
  { body, nodesOf, now }: Pick<Order, "body" | "nodesOf" | "now">,
) {
  const target = {
    targetNodes: body.target_nodes ?? stored.targetNodes,
    selector: body.selector === undefined ? stored.selector : body.selector,
  };
  const field = body.selector == null ? "target_nodes" : "selector";
  const spec = (await findEnvironment(db, deployment.project, deployment.environment))?.spec;
  const nodes = await requireNodesAt(db, nodesOf, targetsFor(spec, deployment.fleet !== null), target, field);
  const each = body.replicas ?? stored.replicas;
  const most = mostNodes(nodes);
  const replicas = most * each;
  await changePipeline(db, deployment.id, { ...target, replicas: each }, new Date(now));
  const fitted = await fitMembers(db, deployment, { nodes, each }, now);
  // Its targets have theirs by now: what follows must not give all of them the same.
  if (deployment.fleet !== null) await changeDeployment(db, deployment.id, { replicas }, new Date(now));
  const moved = body.target_nodes !== undefined || body.selector !== undefined || body.replicas !== undefined;
  return { target, each, nodes: most, replicas, moved, scaled: fitted || replicas !== deployment.replicas };
}

/** Names bad parameters as the caller wrote them, before the engine does in its own words. */
async function admitParameters(db: Db, deployment: StoredDeployment, body: UpdatePipeline): Promise<void> {
  const { target } = await standingOf(db, deployment);
  const artifact = { id: deployment.artifactId, name: deployment.artifact, kind: deployment.kind };
  const { spec } = await requireVersion(db, artifact, body.version ?? target.version);
  if (!("parameters" in spec) || !("template" in spec || "config" in spec)) return;
  renderPipeline(spec, mergedParameters({ parameters: target.config.parameters }, body.parameters ?? {}));
}

/** Undefined where the environment does not allow it: its own usual strategy then. */
async function rollingFor(db: Db, { project, environment }: { project: string; environment: string }, nodes: number) {
  const allowed = (await findEnvironment(db, project, environment))?.spec.protection.allowedStrategies ?? null;
  return allowed === null || allowed.includes("canary") ? rollingStrategy(nodes) : undefined;
}

/** What the engine calls `config.resources` is `resources` here, and a deployment's `name` its `deployment_name`. */
function inOurWords(error: SluiceError): SluiceError {
  const ours = (text: string): string => text.replaceAll(/\bconfig\.(?=\w)/g, "");
  const violations = error.violations.map(({ field, found, allowed }) => ({
    field: field === "name" ? "deployment_name" : ours(field),
    found,
    allowed: ours(allowed),
  }));
  return new SluiceError(error.code, ours(error.message), { violations, cause: error });
}
