import { SluiceError } from "@sluice/core";
import { type Action, authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import { givenName } from "../fleet/member.name.ts";
import { findDeployment, findDeploymentForUpdate, listDeployments, type StoredDeployment } from "./deployment.store.ts";

/** How a caller names a deployment: by its id, or by its name, which may need the environment to be clear. */
export interface DeploymentName {
  id: string;
  project?: string | undefined;
  environment?: string | undefined;
}

/**
 * The deployment of that name, if the principal may do `action` with it. Throws `not_found`; `invalid_argument` for a
 * name that several environments have; `permission_denied`.
 */
export async function requireDeployment(
  db: Db,
  principal: Principal,
  action: Action,
  name: DeploymentName,
): Promise<StoredDeployment> {
  const deployment = isId(name) ? await findDeployment(db, name.id) : await byName(db, principal, name);
  if (deployment === null) throw noDeployment(name);
  admit(deployment, principal, action, name);
  return deployment;
}

export const isId = ({ id }: DeploymentName): boolean => id.startsWith("dep_");

/** Throws when the principal may not know of the deployment, or not do `action` with it; see `requireDeployment`. */
export function admit(deployment: StoredDeployment, principal: Principal, action: Action, name: DeploymentName): void {
  // Somebody else's project is not there for this principal, not even as a refusal.
  if (principal.project !== null && principal.project !== deployment.project) throw noDeployment(name);
  authorise(principal, action, deployment);
  if (deployment.parentId === null || action.endsWith(".read") || action === "deployment.try") return;
  throw new SluiceError(
    "failed_precondition",
    `${deployment.name} is deployment ${givenName(deployment.name)} at one of its targets; change ${givenName(deployment.name)}`,
  );
}

/** The same, locked until the transaction ends: changes of one deployment happen one after the other. */
export async function lockDeployment(
  db: Db,
  principal: Principal,
  action: Action,
  name: DeploymentName,
): Promise<StoredDeployment> {
  const { id } = await requireDeployment(db, principal, action, name);
  const locked = await findDeploymentForUpdate(db, id);
  if (locked === null) throw noDeployment(name);
  return locked;
}

/** The same, for what cannot be done while the deployment is going away. */
export async function lockLivingDeployment(
  db: Db,
  principal: Principal,
  name: DeploymentName,
): Promise<StoredDeployment> {
  const deployment = await lockDeployment(db, principal, "deployment.write", name);
  if (deployment.deleting) {
    throw new SluiceError("failed_precondition", `deployment ${deployment.name} is being deleted`);
  }
  return deployment;
}

async function byName(db: Db, principal: Principal, name: DeploymentName): Promise<StoredDeployment | null> {
  const project = projectOf(principal, name.project);
  // Not even in which environments somebody else has it.
  if (principal.project !== null && principal.project !== project) return null;
  const environment = name.environment ?? principal.environment;
  const found = await listDeployments(db, { project, environment, name: name.id, limit: 200 });
  const [first] = found;
  if (found.length <= 1) return first ?? null;
  const environments = found.map((deployment) => deployment.environment).sort();
  throw new SluiceError(
    "invalid_argument",
    `several environments have a deployment ${name.id}: ${environments.join(", ")}; say which with ?environment=, or give its id`,
    { violations: [{ field: "query.environment", found: undefined, allowed: `one of ${environments.join(", ")}` }] },
  );
}

export function noDeployment({ id, environment }: DeploymentName): SluiceError {
  const where = environment === undefined ? "" : ` in environment ${environment}`;
  return new SluiceError("not_found", `deployment ${id} does not exist${where}`);
}
