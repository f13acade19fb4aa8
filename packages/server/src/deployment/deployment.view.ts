import {
  type DeploymentStatus,
  deploymentStatus,
  FULL_WEIGHT,
  isUp,
  percentFromWeight,
  type RouteObservation,
  type RouteSettings,
  type Split,
  targetName,
  type WorkloadStatus,
  weightOf,
} from "@sluice/core";
import { type Addressed, isResolved, resolveUrl } from "../kinds/prompt/prompt.route.ts";
import type { DeploymentView } from "./deployment.schema.ts";
import type { PicturedRevision, StoredPicture } from "./picture.store.ts";

/** All that is known of one deployment at one moment, from the database and from the running system. */
export interface DeploymentPicture extends StoredPicture {
  /** Every revision that serves, is delivered or has instances, by number. */
  revisions: ReadonlyMap<number, PicturedRevision>;
  statuses: readonly WorkloadStatus[];
  /** What the gateway does; null without a route, or while no gateway answers. */
  observed: RouteObservation | null;
  /** Of a deployment at several targets: what is at each, in the order in which they were made. */
  members: readonly DeploymentPicture[];
}

export function statusOf({ deployment, active, statuses, members }: DeploymentPicture): DeploymentStatus {
  const all = [...statuses, ...members.flatMap((member) => member.statuses)];
  const stable = all.filter((status) => status.revision === deployment.stableRevision);
  return deploymentStatus({
    deleting: deployment.deleting,
    stopped: deployment.stopped,
    hasStable: deployment.stableRevision !== null,
    activeRollout: active,
    // One target where it is broken is enough for somebody to look.
    stableVerdict: stable.find(({ verdict }) => verdict === "failed")?.verdict ?? stable[0]?.verdict ?? null,
  });
}

/**
 * A deployment as the API shows it.
 *
 * @param serverUrl where this server was asked, such as `http://127.0.0.1:8303`
 */
export function deploymentView(
  picture: DeploymentPicture,
  { serverUrl, gatewayUrl }: { serverUrl: string; gatewayUrl: string },
): DeploymentView {
  const { deployment, active, revisions, members } = picture;
  const route = deployment.fleet === null ? (picture.route?.settings ?? null) : deployment.fleet.route;
  const shown = shownRevision(picture);
  const revision = revisions.get(shown);
  if (revision === undefined) throw new Error(`revision ${shown} of deployment ${deployment.id} was not read`);
  const self = `${serverUrl}/v1/deployments/${deployment.id}`;
  return {
    id: deployment.id,
    name: deployment.name,
    project: deployment.project,
    kind: deployment.kind,
    artifact: deployment.artifact,
    environment: deployment.environment,
    status: statusOf(picture),
    version: revision.version,
    revision: shown,
    activeRollout: active?.id ?? null,
    split: members.length === 0 ? splitView(picture) : splitOver(members.map(splitView)),
    endpoints: {
      external: externalUrl(route, deployment, serverUrl, gatewayUrl),
      internal: [picture, ...members].map((one) => internalUrl(one, shown)).find((url) => url !== null) ?? null,
      monitoring: `${self}/metrics`,
      logs: `${self}/logs`,
    },
    config: { ...revision.config, replicas: deployment.replicas },
    replicas: deployment.replicas,
    route: route === null || isResolved(route) ? null : route,
    target: deployment.target === null ? null : targetName(deployment.target),
    partOf: deployment.parentId,
    members: deployment.fleet === null ? null : members.map((member) => memberView(member, gatewayUrl)),
    labels: deployment.labels,
    createdAt: deployment.createdAt.toISOString(),
    updatedAt: deployment.updatedAt.toISOString(),
    deployedBy: deployment.deployedBy,
  };
}

/** The revision that a deployment is known by: the one that serves; before there is one, the one that was tried last. */
export const shownRevision = ({ deployment, active, revisions }: DeploymentPicture): number =>
  deployment.stableRevision ?? active?.toRevision ?? Math.max(...revisions.keys());

type SplitView = DeploymentView["split"];

/** The split over all targets: weights are the mean of those that serve, instances are added up. */
function splitOver(splits: readonly SplitView[]): SplitView {
  const serving = Math.max(1, splits.filter((split) => split.some(({ weight }) => weight > 0)).length);
  const revisions = [...new Set(splits.flat().map(({ revision }) => revision))];
  return revisions.flatMap((number) => {
    const entries = splits.flat().filter(({ revision }) => revision === number);
    const [first] = entries;
    if (first === undefined) return [];
    const total = (pick: (entry: SplitView[number]) => number) => entries.reduce((sum, entry) => sum + pick(entry), 0);
    return {
      ...first,
      weight: Math.round((total(({ weight }) => weight) / serving) * 100) / 100,
      instances: { desired: total((entry) => entry.instances.desired), ready: total((entry) => entry.instances.ready) },
    };
  });
}

/** What one target has of a deployment at several. */
function memberView(picture: DeploymentPicture, gatewayUrl: string): NonNullable<DeploymentView["members"]>[number] {
  const { deployment, active, revisions, route } = picture;
  const untouched = deployment.stableRevision === null && active === null && !deployment.deleting;
  return {
    target: deployment.target === null ? "" : targetName(deployment.target),
    id: deployment.id,
    name: deployment.name,
    status: untouched ? "waiting" : statusOf(picture),
    version: deployment.stableRevision === null ? null : (revisions.get(deployment.stableRevision)?.version ?? null),
    revision: deployment.stableRevision,
    activeRollout: active?.id ?? null,
    split: splitView(picture),
    endpoints: {
      external: route === null ? null : addressOf(gatewayUrl, route.settings),
      headers: route?.settings.headers ?? {},
    },
    trouble: deployment.trouble?.reason ?? null,
  };
}

function splitView(picture: DeploymentPicture): DeploymentView["split"] {
  const { deployment, active, revisions, workloads, statuses } = picture;
  const split = splitInForce(picture);
  const wanted = new Map(workloads.map((workload) => [workload.revision, workload.replicas]));
  const present = statuses.filter((status) => status.instances.length > 0).map((status) => status.revision);
  const weighted = split.filter((entry) => entry.weight > 0).map((entry) => entry.revision);
  const candidate = active !== null && active.toRevision !== deployment.stableRevision ? active.toRevision : null;
  const named = [deployment.stableRevision, candidate, ...weighted, ...present, ...wanted.keys()];
  return [...new Set(named.filter((number) => number !== null))].map((number) => {
    const status = statuses.find((one) => one.revision === number);
    const ready = status?.instances.filter(isUp).length ?? 0;
    return {
      revision: number,
      version: revisions.get(number)?.version ?? "",
      role: number === deployment.stableRevision ? "stable" : number === candidate ? "candidate" : "retired",
      weight: percentFromWeight(weightOf(split, number)),
      instances: { desired: wanted.get(number) ?? status?.desired ?? 0, ready },
    };
  });
}

/** What the gateway applies; what is wanted of it while none answers; without a route, whatever is stable has everything. */
function splitInForce({ deployment, route, observed }: DeploymentPicture): Split {
  if (observed !== null) return observed.split;
  if (route !== null) return route.desired.split ?? [];
  return deployment.stableRevision === null ? [] : [{ revision: deployment.stableRevision, weight: FULL_WEIGHT }];
}

/** Prompts are read from the server, everything else from the gateway. */
function externalUrl(
  route: RouteSettings | null,
  deployment: Addressed,
  serverUrl: string,
  gatewayUrl: string,
): string | null {
  if (route === null) return null;
  return isResolved(route) ? resolveUrl(serverUrl, deployment) : addressOf(gatewayUrl, route);
}

function addressOf(gatewayUrl: string, { host, path }: RouteSettings): string {
  const url = new URL(gatewayUrl);
  if (host !== undefined) url.hostname = host;
  url.pathname = path;
  return url.href;
}

function internalUrl({ statuses }: DeploymentPicture, revision: number): string | null {
  const instances = statuses.find((status) => status.revision === revision)?.instances ?? [];
  const address = instances.find((instance) => instance.state === "ready")?.address ?? null;
  if (address === null) return null;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
