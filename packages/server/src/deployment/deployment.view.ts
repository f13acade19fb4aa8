import {
  type DeploymentStatus,
  deploymentStatus,
  FULL_WEIGHT,
  isUp,
  percentFromWeight,
  type RouteObservation,
  type RouteSettings,
  type Split,
  type WorkloadStatus,
  weightOf,
} from "@sluice/core";
import { isResolved, resolveUrl } from "../kinds/prompt/prompt.route.ts";
import type { DeploymentView } from "./deployment.schema.ts";
import type { PicturedRevision, StoredPicture } from "./picture.store.ts";

/** All that is known of one deployment at one moment, from the database and from the running system. */
export interface DeploymentPicture extends StoredPicture {
  /** Every revision that serves, is delivered or has instances, by number. */
  revisions: ReadonlyMap<number, PicturedRevision>;
  statuses: readonly WorkloadStatus[];
  /** What the gateway does; null without a route, or while no gateway answers. */
  observed: RouteObservation | null;
}

export function statusOf({ deployment, active, statuses }: DeploymentPicture): DeploymentStatus {
  const stable = statuses.find((status) => status.revision === deployment.stableRevision);
  return deploymentStatus({
    deleting: deployment.deleting,
    stopped: deployment.stopped,
    hasStable: deployment.stableRevision !== null,
    activeRollout: active,
    stableVerdict: stable?.verdict ?? null,
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
  const { deployment, active, revisions, route } = picture;
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
    split: splitView(picture),
    endpoints: {
      external: externalUrl(picture, serverUrl, gatewayUrl),
      internal: internalUrl(picture, shown),
      monitoring: `${self}/metrics`,
      logs: `${self}/logs`,
    },
    config: { ...revision.config, replicas: deployment.replicas },
    replicas: deployment.replicas,
    route: route === null || isResolved(route.settings) ? null : route.settings,
    labels: deployment.labels,
    createdAt: deployment.createdAt.toISOString(),
    updatedAt: deployment.updatedAt.toISOString(),
    deployedBy: deployment.deployedBy,
  };
}

/** The revision that a deployment is known by: the one that serves; before there is one, the one that was tried last. */
export const shownRevision = ({ deployment, active, revisions }: DeploymentPicture): number =>
  deployment.stableRevision ?? active?.toRevision ?? Math.max(...revisions.keys());

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
function externalUrl({ deployment, route }: DeploymentPicture, serverUrl: string, gatewayUrl: string): string | null {
  if (route === null) return null;
  return isResolved(route.settings) ? resolveUrl(serverUrl, deployment) : addressOf(gatewayUrl, route.settings);
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
