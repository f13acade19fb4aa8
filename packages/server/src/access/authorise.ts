import { SluiceError } from "@sluice/core";
import { type Principal, ROLES, type Role } from "./principal.ts";

/** The least role for each action; every role may also do what those before it may. */
const LEAST_ROLE = {
  "environment.read": "viewer",
  "artifact.read": "viewer",
  "deployment.read": "viewer",
  "rollout.read": "viewer",
  "event.read": "viewer",
  "project.read": "viewer",
  "system.read": "viewer",
  "system.write": "admin",
  "audit.read": "viewer",
  "gate.read": "viewer",
  "notification.read": "viewer",
  "integration.read": "viewer",
  "evaluation.read": "viewer",
  "trigger.read": "viewer",
  "schedule.read": "viewer",
  "workflow.read": "viewer",
  "node.read": "viewer",
  "secret.read": "deployer",
  "secret.write": "admin",
  "policy.read": "viewer",
  "policy.write": "admin",
  "artifact.write": "deployer",
  "evaluation.write": "deployer",
  "deployment.write": "deployer",
  "deployment.try": "deployer",
  "goal.write": "deployer",
  "rollout.write": "deployer",
  "workflow.run": "deployer",
  "workflow.write": "deployer",
  "rollout.approve": "approver",
  "workflow.approve": "approver",
  "pipeline.deploy": "deployer",
  "environment.write": "admin",
  "node.write": "admin",
  "gate.write": "admin",
  "notification.write": "admin",
  "integration.write": "admin",
  "trigger.write": "admin",
  "schedule.write": "admin",
  "token.read": "admin",
  "token.write": "admin",
  "project.write": "admin",
} as const satisfies Record<string, Role>;

export type Action = keyof typeof LEAST_ROLE;
const ACTIONS = Object.keys(LEAST_ROLE) as Action[];

/** Everything that a role may do, in the order of the table. */
export const actionsOf = (role: Role): Action[] =>
  ACTIONS.filter((action) => ROLES.indexOf(LEAST_ROLE[action]) <= ROLES.indexOf(role));

/** Actions on a whole project: not for a token that is limited to one environment. */
const WHOLE_PROJECT: ReadonlySet<Action> = new Set([
  "token.read",
  "token.write",
  "project.write",
  "audit.read",
  "integration.write",
  "workflow.write",
]);

/** Everything that somebody may do somewhere in their reach. */
export const actionsOfPrincipal = ({ role, environment }: Pick<Principal, "role" | "environment">): Action[] =>
  actionsOf(role).filter((action) => environment === null || !WHOLE_PROJECT.has(action));

export interface Scope {
  project: string;
  /** Left out for what belongs to no environment, and for lists that are filtered by the principal's one. */
  environment?: string;
}

/** Throws `permission_denied`, saying which role or reach is missing, unless the principal may do it. */
export function authorise(principal: Principal, action: Action, scope: Scope): void {
  const denied = (why: string): SluiceError =>
    new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  const least = LEAST_ROLE[action];
  if (principal.project !== null && principal.project !== scope.project) {
    throw denied(`the token is for project ${principal.project}, this is project ${scope.project}`);
  }
  if (ROLES.indexOf(principal.role) < ROLES.indexOf(least)) {
    throw denied(`${action} needs the role ${least}, the token has ${principal.role}`);
  }
  if (principal.environment === null) return;
  if (scope.environment !== undefined && scope.environment !== principal.environment) {
    throw denied(`the token is for environment ${principal.environment}, this is ${scope.environment}`);
  }
  if (WHOLE_PROJECT.has(action)) {
    throw denied(`${action} concerns the whole project, the token only environment ${principal.environment}`);
  }
}

/** The project that a request is about: the one it names, else the token's own, else `default`. */
export const projectOf = (principal: Principal, asked: string | undefined): string =>
  asked ?? principal.project ?? "default";
