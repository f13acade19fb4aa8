import { ok } from "@sluice/client";
import { CliError, EXIT } from "./exit.ts";
import type { Session } from "./session.ts";

/** Where a deployment is looked for when a name is given instead of an id. */
export interface DeploymentFlags {
  environment?: string;
}

/** Path and query of one deployment, by id or by name. */
export const deploymentParams = ({ scope }: Session, { environment }: DeploymentFlags, deployment: string) => ({
  path: { id: deployment },
  query: { ...scope, ...(environment !== undefined && { environment }) },
});

/** The id of a rollout: given as it is, or as a deployment, whose rollout under way is meant, else its last one. */
export async function resolveRollout(session: Session, flags: DeploymentFlags, reference: string): Promise<string> {
  if (reference.startsWith("rol_")) return reference;
  const { http } = session.client;
  const params = deploymentParams(session, flags, reference);
  const deployment = await ok(http.GET("/v1/deployments/{id}", { params }));
  if (deployment.activeRollout !== null) return deployment.activeRollout;
  const query = { deployment: deployment.id, ...session.scope, limit: 1 };
  const { items } = await ok(http.GET("/v1/rollouts", { params: { query } }));
  const [last] = items;
  if (last === undefined) throw new CliError(EXIT.notFound, `${reference} has had no rollout yet`);
  return last.id;
}
