import {
  type AutomatedAction,
  environmentsOf,
  type Instant,
  inputValuesSchema,
  type PlaceholderValues,
  placeholderValues,
  render,
  renderInside,
  SluiceError,
  type SourceEvent,
  versionName,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import { type ArtifactService, createArtifactService } from "../artifact/artifact.service.ts";
import { highestVersion } from "../artifact/semver.order.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { requireDeployment } from "../deployment/deployment.lookup.ts";
import { createDeploymentChanges, type DeploymentChanges } from "../deployment/deployment.service.ts";
import { findDeploymentForUpdate, listDeployments, type StoredDeployment } from "../deployment/deployment.store.ts";
import { createDeploymentLifecycle, type DeploymentLifecycle } from "../deployment/lifecycle.service.ts";
import { requireArtifact } from "../deployment/references.ts";
import type { Live } from "../engine/live.ts";
import { createJobStarter, type JobStarter } from "../job/job.start.ts";
import { createWorkflowRuns, type WorkflowRuns } from "../workflow/run.service.ts";

/** What is to be done because of an event or of a time. */
export interface Order<Action extends AutomatedAction = AutomatedAction> {
  action: Action;
  project: string;
  /** On whose behalf; see `automaton`. */
  principal: Principal;
  event: SourceEvent;
  now: Instant;
}

export interface Performed {
  /** `unchanged`: everything was as wanted already. */
  outcome: "started" | "unchanged";
  reason: string;
  version: string | null;
  rollouts: string[];
  /** Of a workflow, or a job. */
  run: string | null;
}

export interface Performer {
  /**
   * Does it, or throws and has changed nothing, provided that it runs in a transaction. A `restart` reaches into the
   * running system, which no transaction takes back.
   */
  perform(order: Order): Promise<Performed>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}

/** Who acts when nobody does: a deployer, limited to the environment that the action changes. */
export function automaton(name: string, project: string, action: AutomatedAction): Principal {
  const [environment = null] = action.type === "promote" ? [] : environmentsOf(action);
  return { name, role: "deployer", project, environment };
}

export function createPerformer(deps: Deps): Performer {
  const workflows = createWorkflowRuns(deps);
  const parts: Parts = {
    db: deps.db,
    artifacts: createArtifactService(deps),
    deployments: { ...createDeploymentChanges(deps), ...createDeploymentLifecycle(deps) },
    workflows,
    startJob: createJobStarter({ db: deps.db, workflows }),
  };
  return { perform: (order) => perform(parts, order) };
}

interface Parts {
  db: Db;
  artifacts: ArtifactService;
  deployments: DeploymentChanges & DeploymentLifecycle;
  workflows: WorkflowRuns;
  startJob: JobStarter;
}

type ActionOf<Type extends AutomatedAction["type"]> = Extract<AutomatedAction, { type: Type }>;

const PLAIN = { version: null, rollouts: [], run: null };

async function perform(parts: Parts, order: Order): Promise<Performed> {
  const { action, project, principal } = order;
  const { deployments } = parts;
  switch (action.type) {
    case "deploy":
      return deploy(parts, { ...order, action });
    case "job":
      return job(parts, { ...order, action });
    case "run":
      return run(parts, { ...order, action });
    case "scale": {
      const before = await one(parts.db, principal, project, action);
      const { name } = await deployments.scale(principal, { id: before.id }, action.replicas);
      if (before.replicas === action.replicas) {
        return { ...PLAIN, outcome: "unchanged", reason: `deployment ${name} has ${action.replicas} replicas already` };
      }
      return {
        ...PLAIN,
        outcome: "started",
        reason: `deployment ${name} goes from ${before.replicas} to ${action.replicas} replicas`,
      };
    }
    case "restart": {
      const { id, name } = await one(parts.db, principal, project, action);
      await deployments.restart(principal, { id });
      return { ...PLAIN, outcome: "started", reason: `the instances of deployment ${name} are replaced by fresh ones` };
    }
    case "promote": {
      const { id, name } = await one(parts.db, principal, project, action);
      const { to, strategy } = action;
      const { rollout } = await deployments.promote(principal, { id }, { environment: to, strategy });
      if (rollout === null)
        return { ...PLAIN, outcome: "unchanged", reason: `${to} runs what ${name} in ${action.environment} serves` };
      const { toVersion } = rollout;
      return {
        outcome: "started",
        reason: `version ${toVersion} of ${name} goes to ${to}`,
        version: toVersion,
        rollouts: [rollout.id],
        run: null,
      };
    }
  }
}

async function deploy(parts: Parts, order: Order<ActionOf<"deploy">>): Promise<Performed> {
  const { db, artifacts, deployments } = parts;
  const { action, project, principal, event, now } = order;
  const targets = await targetsOf(db, order);
  const [{ artifactId, artifact }] = targets;
  const values: PlaceholderValues = {
    ...placeholderValues(event, new Date(now).toISOString().slice(0, 10)),
    latest: await highestVersion(db, artifactId),
  };
  const version = versionName(action.version, action, values);
  if (version === "") {
    throw new SluiceError("failed_precondition", `${action.version} leaves nothing that a version can be named with`);
  }
  if (action.create !== null) {
    const key = { project, name: artifact };
    await createVersion(artifacts, { principal, key, version, spec: action.create.spec, values, event });
  }
  const rollouts: string[] = [];
  for (const { id } of targets) {
    const { config, strategy } = action;
    const { rollout } = await deployments.update(principal, { id }, { version, config, strategy });
    if (rollout !== null) rollouts.push(rollout.id);
  }
  const where = `${targets.map(({ name }) => name).join(", ")} in ${action.environment}`;
  if (rollouts.length > 0)
    return { outcome: "started", reason: `version ${version} goes to ${where}`, version, rollouts, run: null };
  return { ...PLAIN, outcome: "unchanged", reason: `${where} has version ${version} already`, version };
}

interface Creation {
  principal: Principal;
  key: { project: string; name: string };
  version: string;
  spec: object;
  values: PlaceholderValues;
  event: SourceEvent;
}

/** Where the version is there already from the same commit, that one is taken: a tag is told by several events. */
async function createVersion(
  artifacts: ArtifactService,
  { principal, key, version, spec, values, event }: Creation,
): Promise<void> {
  const { repository, commit, tag } = event;
  const source = {
    ...(repository !== null && { repository }),
    ...(commit !== null && { commit }),
    ...(tag !== null && { tag }),
  };
  const existing = await artifacts.getVersion(principal, key, version).catch(ifMissing);
  if (existing !== null && (commit === null || commitOf(existing.version.source) === commit)) return;
  await artifacts.createVersion(principal, key, { version, spec: renderInside(spec, values), source });
}

const commitOf = (source: object | null): unknown => (source !== null && "commit" in source ? source.commit : null);

function ifMissing(error: unknown): null {
  if (error instanceof SluiceError && error.code === "not_found") return null;
  throw error;
}

async function run(
  { workflows }: Parts,
  { action, project, principal, event, now }: Order<ActionOf<"run">>,
): Promise<Performed> {
  const values = placeholderValues(event, new Date(now).toISOString().slice(0, 10));
  const inputs = inputValuesSchema.parse(renderInside(action.inputs, values));
  const { branch, tag, commit } = event;
  const ref = { branch: branch ?? "", tag: tag ?? "", commit: commit ?? "" };
  const started = await workflows.start(principal, { project, name: action.workflow, inputs, ref });
  return { ...PLAIN, outcome: "started", reason: `workflow ${action.workflow} runs`, run: started.run.id };
}

async function job(
  parts: Parts,
  { action, project, principal, event, now }: Order<ActionOf<"job">>,
): Promise<Performed> {
  const { type: _type, deployment, artifact, version, stripLeadingV, environment, env, ...options } = action;
  const values = placeholderValues(event, new Date(now).toISOString().slice(0, 10));
  const which =
    deployment === undefined
      ? { artifact, version: await versionOf(parts.db, { project, artifact, version, stripLeadingV, values }) }
      : { deployment: (await one(parts.db, principal, project, { deployment, environment })).id };
  const variables = Object.entries(env).map(([name, text]) => [name, render(text, values)]);
  const request = { ...options, ...which, project, environment, env: Object.fromEntries(variables) };
  const { run, about } = await parts.startJob(principal, request);
  return {
    ...PLAIN,
    outcome: "started",
    reason: `version ${about.version} of ${run.workflow} runs as a job in ${environment}`,
    run: run.id,
  };
}

interface Wanted {
  project: string;
  artifact?: string | undefined;
  version?: string | undefined;
  stripLeadingV: boolean;
  values: PlaceholderValues;
}

async function versionOf(db: Db, { project, artifact = "", version = "", stripLeadingV, values }: Wanted) {
  const { id } = await requireArtifact(db, project, artifact);
  return versionName(version, { stripLeadingV }, { ...values, latest: await highestVersion(db, id) });
}

type Targets = [StoredDeployment, ...StoredDeployment[]];

/** The deployments that a version goes to, locked before anything else is, in one order everywhere. */
async function targetsOf(db: Db, { action, project, principal }: Order<ActionOf<"deploy">>): Promise<Targets> {
  if (action.artifact === undefined)
    return [
      await one(db, principal, project, { deployment: action.deployment ?? "", environment: action.environment }),
    ];
  const { artifact, environment } = action;
  const found = await listDeployments(db, { project, environment, artifact, limit: MOST_TARGETS });
  const locked: StoredDeployment[] = [];
  for (const { id } of found.reverse()) {
    const deployment = await findDeploymentForUpdate(db, id);
    if (deployment !== null && !deployment.deleting) locked.push(deployment);
  }
  const [first, ...others] = locked;
  if (first !== undefined) return [first, ...others];
  throw new SluiceError(
    "failed_precondition",
    `environment ${environment} has no deployment of artifact ${artifact}; create one first`,
  );
}

/** Deployments of one artifact in one environment that one event may change. */
const MOST_TARGETS = 200;

/** The deployment that an action names, locked. Throws `not_found` for one in another environment. */
async function one(
  db: Db,
  principal: Principal,
  project: string,
  { deployment, environment }: { deployment: string; environment: string },
): Promise<StoredDeployment> {
  const name = { id: deployment, project, environment };
  const { id, environment: found } = await requireDeployment(db, principal, "deployment.read", name);
  const locked = found === environment ? await findDeploymentForUpdate(db, id) : null;
  if (locked !== null) return locked;
  throw new SluiceError("not_found", `deployment ${deployment} does not exist in environment ${environment}`);
}
