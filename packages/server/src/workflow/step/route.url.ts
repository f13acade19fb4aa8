import { findRoute } from "../../routing/route.store.ts";
import type { StepDeps } from "./step.types.ts";

/** Where callers reach a deployment; nothing for one without a route. */
export async function inRouteUrl({ db, gatewayUrl }: StepDeps, deployment: string): Promise<{ url?: string }> {
  const route = await findRoute(db, deployment);
  if (route === null) return {};
  const url = new URL(gatewayUrl);
  if (route.settings.host !== undefined) url.hostname = route.settings.host;
  url.pathname = route.settings.path;
  return { url: url.href.replace(/\/$/, "") };
}
