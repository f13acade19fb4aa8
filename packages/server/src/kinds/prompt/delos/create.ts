import {
  configSchema,
  invalidField,
  parseField,
  type Rollout,
  SluiceError,
  type Strategy,
  strategySchema,
} from "@sluice/core";
import type { z } from "zod";
import { authorise, projectOf } from "../../../access/authorise.ts";
import type { Principal } from "../../../access/principal.ts";
import { findArtifact } from "../../../artifact/artifact.store.ts";
import { findVersion } from "../../../artifact/version.store.ts";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Db } from "../../../db/database.ts";
import { listDeployments } from "../../../deployment/deployment.store.ts";
import { findEnvironment } from "../../../environment/environment.store.ts";
import type { GrpcCall, GrpcDeps } from "../../../grpc/grpc.types.ts";
import { insertDelivery } from "./delivery.store.ts";
import { createDeploymentRequest } from "./request.schema.ts";
import { toStrategy } from "./strategy.ts";

type Request = z.output<typeof createDeploymentRequest>;

/** What is to be delivered where; everything that it names is there. */
interface Order extends Request {
  project: string;
  environment: string;
  /** Name of the version. */
  version: string;
  planned: Strategy | undefined;
}

/** Begins a rollout of the prompt's version. Everything that the call changes is one transaction. */
export async function createDelivery(deps: GrpcDeps, { principal, signal }: GrpcCall, body: unknown): Promise<Rollout> {
  const request = parseField(createDeploymentRequest, body);
  const order = orderOf(request, principal, deps);
  const attempt = () => inAmbientTransaction(deps.db, () => begin(deps, principal, order, signal));
  try {
    return await attempt();
  } catch (error) {
    // Somebody created the deployment at the same moment: then there is one to be changed.
    if (!(error instanceof SluiceError) || error.code !== "already_exists") throw error;
    return attempt();
  }
}

function orderOf(request: Request, principal: Principal, { config }: GrpcDeps): Order {
  const environment = request.environment ?? config.defaultEnvironment;
  if (environment === null) throw invalidField("environment", undefined, "the name of an environment");
  return {
    ...request,
    project: projectOf(principal, request.project),
    environment,
    version: String(request.to_version),
    planned:
      request.strategy === null ? undefined : parseField(strategySchema, toStrategy(request.strategy), "strategy"),
  };
}

async function begin(
  { db, services }: GrpcDeps,
  principal: Principal,
  order: Order,
  signal: AbortSignal,
): Promise<Rollout> {
  const { project, environment, prompt_id, version, planned: strategy, skip_approval, metadata } = order;
  authorise(principal, "deployment.write", { project, environment });
  await requireAll(db, order);
  const options = { approval: skip_approval ? ("skip" as const) : ("ask" as const) };
  const [existing] = await listDeployments(db, { project, environment, name: prompt_id, limit: 1 });
  if (existing !== undefined && existing.artifact !== prompt_id) {
    const why = `deployment ${prompt_id} in ${environment} is of ${existing.kind} ${existing.artifact}`;
    throw new SluiceError("failed_precondition", why);
  }
  const { rollout } =
    existing === undefined
      ? await services.deployments.create(principal, newDeployment(order), options)
      : await services.deployments.update(principal, { id: existing.id }, { version, strategy }, options);
  if (rollout === null) {
    const why = `version ${version} of ${prompt_id} is what ${environment} serves, or is being delivered, already`;
    throw new SluiceError("failed_precondition", why);
  }
  await insertDelivery(db, rollout.id, { skipApproval: skip_approval, metadata });
  // Nothing is kept of a call that nobody waits for.
  signal.throwIfAborted();
  return rollout;
}

const newDeployment = ({ project, environment, prompt_id, version, planned }: Order) => ({
  project,
  environment,
  name: prompt_id,
  artifact: prompt_id,
  version,
  config: configSchema.parse({}),
  labels: {},
  strategy: planned,
});

/** Throws `not_found`, with the call's own name of the field, for what does not exist. */
async function requireAll(db: Db, { project, environment, prompt_id, version, to_version }: Order): Promise<void> {
  const artifact = await findArtifact(db, project, prompt_id);
  if (artifact === undefined) throw missing("prompt_id", prompt_id, `a prompt of project ${project}`);
  if (artifact.kind !== "prompt") {
    throw invalidField("prompt_id", prompt_id, `a prompt; ${prompt_id} is of kind ${artifact.kind}`);
  }
  if ((await findVersion(db, artifact.id, version)) === undefined) {
    throw missing("to_version", to_version, `a version of ${prompt_id} that was registered under this number`);
  }
  if ((await findEnvironment(db, project, environment)) === undefined) {
    throw missing("environment", environment, `an environment of project ${project}`);
  }
}

const missing = (field: string, found: unknown, allowed: string): SluiceError =>
  new SluiceError("not_found", `${field} is ${JSON.stringify(found)}, which does not exist; allowed: ${allowed}`, {
    violations: [{ field, found, allowed }],
  });
