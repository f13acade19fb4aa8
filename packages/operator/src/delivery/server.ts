import { ApiError, type Client, type Deployment, isPassing, ok, type Rollout } from "@sluice/client";
import type { Resource, ResourceOf } from "@sluice/core";
import { inspect, orNull, Refusal } from "@sluice/manifest";

/** Where what objects ask for is brought to. */
export interface SluiceServer {
  client: Client;
  /** The project of objects that name none; null: their namespace. */
  project: string | null;
}

/** What the server says of a deployment. */
export interface Look {
  deployment: Deployment;
  /** The one that goes on, else the last one; null before there was any. */
  rollout: Rollout | null;
}

/** Makes the server be as the resource says. The same `key` never does the same thing twice. */
export async function bring({ client }: SluiceServer, resource: Resource, key: string): Promise<void> {
  const change = await inspect({ client, scope: {} }, resource);
  await change.apply({ key });
}

/** Null: there is no such deployment. */
export async function look({ client }: SluiceServer, wanted: ResourceOf<"Deployment">): Promise<Look | null> {
  const { name, environment, project } = wanted;
  const params = { path: { id: name }, query: { environment, ...(project !== undefined && { project }) } };
  const deployment = await orNull(ok(client.http.GET("/v1/deployments/{id}", { params })));
  if (deployment === null) return null;
  const query = { deployment: deployment.id, limit: 1, ...(project !== undefined && { project }) };
  const { items } = await ok(client.http.GET("/v1/rollouts", { params: { query } }));
  return { deployment, rollout: items[0] ?? null };
}

/** Takes the resource off the server. True when it is not there any more. */
export async function takeAway({ client }: SluiceServer, resource: Resource): Promise<boolean> {
  const query = resource.project === undefined ? {} : { project: resource.project };
  switch (resource.kind) {
    case "Deployment": {
      const params = { path: { id: resource.name }, query: { ...query, environment: resource.environment } };
      const present = await orNull(ok(client.http.GET("/v1/deployments/{id}", { params })));
      if (present === null) return true;
      if (present.status !== "deleting") await ok(client.http.DELETE("/v1/deployments/{id}", { params }));
      return false;
    }
    case "Gate":
      await orNull(ok(client.http.DELETE("/v1/gates/{name}", { params: { path: { name: resource.name }, query } })));
      return true;
    case "Environment":
      await orNull(
        ok(client.http.DELETE("/v1/environments/{name}", { params: { path: { name: resource.name }, query } })),
      );
      return true;
    default:
      return true;
  }
}

export interface Trouble {
  reason: "Refused" | "ServerUnreachable" | "Unauthorized";
  message: string;
  /** Whether nothing but time may mend it. */
  passing: boolean;
}

/** What a failed request means for an object; throws what is none of the server's answers. */
export function troubleOf(error: unknown): Trouble {
  if (isPassing(error)) return { reason: "ServerUnreachable", message: error.message, passing: true };
  if (error instanceof Refusal) return { reason: "Refused", message: error.message, passing: false };
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401 || error.status === 403)
    return { reason: "Unauthorized", message: error.message, passing: true };
  if (error.status >= 500 || error.status === 429)
    return { reason: "ServerUnreachable", message: error.message, passing: true };
  const fields = (error.problem.errors ?? []).map(({ field, allowed }) =>
    allowed === undefined ? field : `${field}: ${allowed}`,
  );
  return { reason: "Refused", message: [error.message, ...fields].join("; ").slice(0, 4_000), passing: false };
}
