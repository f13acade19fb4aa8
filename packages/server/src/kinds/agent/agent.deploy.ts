import {
  type AgentDeployRequest,
  agentConfigPatch,
  agentRoutePath,
  agentStrategy,
  checkAgentLimits,
  configSchema,
  jsonSchema,
  mergePatch,
  newAgentConfig,
  parseField,
  type Rollout,
  routeSchema,
  SluiceError,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { z } from "zod";
import { authorise, projectOf } from "../../access/authorise.ts";
import type { Principal } from "../../access/principal.ts";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import { standingOf } from "../../deployment/change.ts";
import { lockLivingDeployment } from "../../deployment/deployment.lookup.ts";
import { create, update } from "../../deployment/deployment.service.ts";
import type { DeploymentLifecycle } from "../../deployment/lifecycle.service.ts";
import { requireEnvironment } from "../../deployment/references.ts";
import { currentDelivery, findAgentDeployment, newestVersion } from "./agent.store.ts";

const patchSchema = z.record(z.string(), jsonSchema);

interface DeployDeps {
  db: Kysely<Database>;
  clock: () => number;
  deployments: Pick<DeploymentLifecycle, "start">;
}

/**
 * Delivers a version of a registered agent to an environment; the deployment is created when there is none. Answers the rollout
 * that this began, or the one that delivered the very same before. Throws `not_found` for an agent that nobody has registered.
 */
export async function deployAgent(
  deps: DeployDeps,
  principal: Principal,
  request: AgentDeployRequest,
): Promise<Rollout> {
  const { db, deployments } = deps;
  const project = projectOf(principal, request.project);
  const { environment, agent_id: name } = request;
  authorise(principal, "deployment.write", { project, environment });
  const artifact = await requireAgent(db, project, name);
  const existing = await findAgentDeployment(db, { artifactId: artifact.id, environment, name });
  // One that was stopped, for there was nothing to go back to, starts again with what it is to become.
  const wasStopped = existing?.stopped === true;
  if (wasStopped) await deployments.start(principal, { id: existing.id });
  const attempt = (): Promise<Rollout> =>
    db.transaction().execute((tx) => deliver(tx, deps, principal, project, { request, wasStopped }));
  try {
    return await attempt();
  } catch (error) {
    // Two first requests at once: one of them creates it, the other changes it.
    const raced = error instanceof SluiceError && error.code === "already_exists" && existing === null;
    const created = raced ? await findAgentDeployment(db, { artifactId: artifact.id, environment, name }) : null;
    if (created === null) throw error;
    return attempt();
  }
}

async function deliver(
  db: Db,
  { clock }: DeployDeps,
  principal: Principal,
  project: string,
  { request, wasStopped }: { request: AgentDeployRequest; wasStopped: boolean },
): Promise<Rollout> {
  const { environment, agent_id: name } = request;
  const spec = await requireEnvironment(db, project, environment);
  const artifact = await requireAgent(db, project, name);
  const version = request.version ?? (await newestVersion(db, artifact.id));
  if (version === null) throw unregistered(name, `agent ${name} has no version yet`);
  checkAgentLimits(request, spec);
  const patch = agentConfigPatch(request);
  const existing = await findAgentDeployment(db, { artifactId: artifact.id, environment, name });
  if (existing === null) {
    const config = parseField(configSchema, mergePatch(newAgentConfig(spec), patch), "config");
    const strategy = agentStrategy(request, spec, config.healthCheck.path);
    const route = routeSchema.parse({ path: agentRoutePath(project, environment, name) });
    const wanted = { project, name, artifact: name, version, environment, config, route, strategy, labels: {} };
    return (await create(db, principal, wanted, clock())).rollout;
  }
  const deployment = await lockLivingDeployment(db, principal, { id: existing.id });
  const { target } = await standingOf(db, deployment);
  const merged = parseField(configSchema, mergePatch(target.config, patch), "config");
  const strategy = agentStrategy(request, spec, merged.healthCheck.path);
  const current = await currentDelivery(db, existing.id);
  // What was stopped is delivered anew, also when it is the very same: it has to pass its tests again.
  const anew = wasStopped && current !== null ? { parameters: { redeployed_after: current.id } } : {};
  const config = parseField(patchSchema, mergePatch(patch, anew), "config");
  const { rollout } = await update(db, principal, { id: existing.id }, { version, config, strategy }, clock());
  if (rollout !== null) return rollout;
  if (current !== null) return current;
  throw new SluiceError("failed_precondition", `version ${version} of agent ${name} serves in ${environment} already`);
}

/** Throws `not_found`, saying how an agent is registered, and `failed_precondition` for an artifact of another kind. */
async function requireAgent(db: Db, project: string, name: string): Promise<{ id: string }> {
  const row = await db
    .selectFrom("artifacts")
    .select(["id", "kind"])
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  if (row === undefined) throw unregistered(name, `agent ${name} is not registered in project ${project}`);
  if (row.kind === "agent") return { id: row.id };
  const message = `${name} is an artifact of kind ${row.kind}, not an agent; POST /v1/deployments delivers it`;
  throw new SluiceError("failed_precondition", message, {
    violations: [{ field: "agent_id", found: name, allowed: "an artifact of kind agent" }],
  });
}

const unregistered = (name: string, what: string): SluiceError =>
  new SluiceError(
    "not_found",
    `${what}; register it: POST /v1/artifacts {"name": "${name}", "kind": "agent"}, then POST /v1/artifacts/${name}/versions`,
    { violations: [{ field: "agent_id", found: name, allowed: "a registered agent with at least one version" }] },
  );
