import {
  type Backend,
  type DataPlane,
  type Placement,
  REGION_HEADER,
  type RouteConfig,
  type RouteSettings,
  type Runtime,
  type WorkloadStatus,
} from "@sluice/core";
import { routedRevisions, type StoredRoute } from "./route.store.ts";

export interface RoutedDeployment {
  placement: Placement;
  /** What callers' figures are counted under; default: the placement's name. What is at several targets has one for each. */
  shownAs?: string;
  /** Where its instances are, and what deals their callers. */
  place: { runtime: Pick<Runtime, "observe"> | null; plane: DataPlane };
  route: StoredRoute;
  /** Version by revision, for every revision that the route names. */
  versions: ReadonlyMap<number, string>;
}

/** What the server was told of the way callers come in. */
export interface RoutingSettings {
  /** The header that names a caller's region, lower case. */
  regionHeader: string;
}

/**
 * Everything the gateway is told: what is wanted (the row) and what is there (ready instances, as observed).
 * Null while nothing serves. A revision that the route names and that has no ready instance stays in, without endpoints.
 */
export function routeConfigOf(
  {
    placement: { project, name },
    shownAs,
    route,
    versions,
  }: Pick<RoutedDeployment, "placement" | "shownAs" | "route" | "versions">,
  statuses: readonly WorkloadStatus[],
  { regionHeader }: RoutingSettings = { regionHeader: REGION_HEADER },
): RouteConfig | null {
  const { settings, desired } = route;
  if (desired.split === null) return null;
  return {
    id: route.deployment,
    project,
    deployment: shownAs ?? name,
    epoch: route.epoch,
    match: matchOf(settings),
    stripPrefix: settings.stripPrefix,
    stickiness: settings.stickiness,
    timeouts: settings.timeouts,
    split: desired.split,
    pins: desired.pins,
    mirror: desired.mirror,
    backends: routedRevisions(route).map((revision) => backendOf(revision, versions, statuses)),
    guard: desired.guard,
    // Said only where it matters: a gateway that was started by an older server refuses what it does not know.
    ...(desired.pins.some((pin) => pin.region !== undefined) ? { regionHeader } : {}),
    ...(desired.preview == null ? {} : { preview: desired.preview }),
    ...(desired.compare == null ? {} : { compare: desired.compare }),
  };
}

function matchOf({ host, path, headers, cookies }: RouteSettings): RouteConfig["match"] {
  return {
    path,
    ...(host === undefined ? {} : { host }),
    ...(headers === undefined ? {} : { headers }),
    ...(cookies === undefined ? {} : { cookies }),
  };
}

function backendOf(
  revision: number,
  versions: ReadonlyMap<number, string>,
  statuses: readonly WorkloadStatus[],
): Backend {
  const instances = statuses.find((status) => status.revision === revision)?.instances ?? [];
  return {
    revision,
    version: versions.get(revision) ?? "",
    endpoints: instances
      .flatMap(({ id, state, address }) => (state === "ready" && address !== null ? [{ id, ...address }] : []))
      .sort((left, right) => (left.id < right.id ? -1 : 1)),
  };
}
