import { type RouteSettings, routeSchema } from "@sluice/core";

/** No host that anybody could write: what has it is the resolver's, and no gateway hears of it. */
export const RESOLVER_HOST = "@resolver";

/** What tells the resolver's routes from those of the gateway. */
export const isResolved = ({ host }: Pick<RouteSettings, "host">): boolean => host === RESOLVER_HOST;

export interface Addressed {
  project: string;
  environment: string;
  name: string;
}

/** Where a prompt is read: one address for each deployment, by nature, and callers are kept on one version by their key. */
export function promptRoute({ project, environment, name }: Addressed): RouteSettings {
  const path = `/v1/resolve/${project}/${environment}/${name}`;
  return { ...routeSchema.parse({ path, stickiness: { by: "header", name: "targeting-key" } }), host: RESOLVER_HOST };
}

/** The address that an application asks at. */
export function resolveUrl(serverUrl: string, { project, environment, name }: Addressed): string {
  const url = new URL(`/v1/resolve/${name}`, serverUrl);
  url.searchParams.set("environment", environment);
  if (project !== "default") url.searchParams.set("project", project);
  return url.href;
}
