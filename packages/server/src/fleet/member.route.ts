import { connectionOf, type EnvironmentSpec, type RouteSettings, type Target, targetName } from "@sluice/core";

/** Names the target that a caller of a shared gateway wants. */
const TARGET_HEADER = "x-sluice-target";

export interface MemberRoute {
  settings: RouteSettings;
  /** Whose address it is; absent: our gateway's. */
  plane?: string;
}

/** Whether our gateway deals the callers of what runs there. */
const isShared = (target: Target): boolean => target.type !== "kubernetes" || target.traffic.type === "sluice";

/**
 * How callers come to one target. A cluster that deals its callers itself has the route as it was asked for, and so has the first
 * target behind our gateway; the others there share its address, so callers name them in a header. Who names none, or one that
 * has nothing, gets the first.
 */
export function memberRoute(
  route: RouteSettings,
  target: Target,
  { targets }: Pick<EnvironmentSpec, "targets">,
): MemberRoute {
  if (!isShared(target)) return { settings: route, plane: connectionOf(target) };
  const first = targets.find(isShared);
  const name = targetName(target);
  if (first !== undefined && targetName(first) === name) return { settings: route };
  return { settings: { ...route, headers: { ...route.headers, [TARGET_HEADER]: name } } };
}
