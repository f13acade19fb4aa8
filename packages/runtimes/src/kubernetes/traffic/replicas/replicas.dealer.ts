import { inexpressible, type Placement, type RouteConfig, SluiceError, type Split } from "@sluice/core";
import { KINDS, nameOf } from "../../client/kinds.ts";
import type { KubeObject, Manifest } from "../../client/kube.types.ts";
import type { Cluster } from "../../cluster.ts";
import { deploymentName, LABELS, labelValue, selectorOf } from "../../names.ts";
import { type Dealer, IN_FORCE } from "../dealer.ts";
import { TRAFFIC_KINDS } from "../kinds.ts";
import { deploymentOf, labelsOf, ownedBy } from "../objects.ts";
import { epochOf, putAtEpoch } from "../put-at-epoch.ts";
import {
  chosenPods,
  type EndpointSlice,
  isServing,
  type Pod,
  readSplit,
  SERVING,
  selectorFor,
  splitOfEndpoints,
  WISH,
  whyNotAsWished,
  withinReach,
  writeSplit,
} from "./serving.ts";

const { endpointSlice } = TRAFFIC_KINDS;
const SERVICE_NAME = "kubernetes.io/service-name";

interface Service extends KubeObject {
  spec?: { selector?: Record<string, string> };
}

/**
 * One Service for each deployment, and every pod behind it gets the same share. While one revision answers, the Service selects it by
 * its label, and needs nobody; while two do, it selects the pods that were chosen so that their number makes the weight.
 */
export function createReplicasDealer(cluster: Cluster): Dealer {
  const podsOf = (deployment: string): Pod[] => cluster.cache.list<Pod>(KINDS.pod, selectorOf(deployment));

  /** The one Service that is of no revision. */
  const serviceOf = (deployment: string): Service | null =>
    ownedBy<Service>(cluster, KINDS.service, deployment).find(isTraffic) ?? null;

  const mark = async (pod: Pod, serving: boolean): Promise<void> => {
    const { namespace = "", name } = pod.metadata;
    try {
      const patch = { metadata: { labels: { [SERVING]: serving ? "true" : null } } };
      cluster.cache.wrote(KINDS.pod, await cluster.client.merge<Pod>({ kind: KINDS.pod, namespace, name }, patch));
    } catch (error) {
      // A pod that went meanwhile serves nobody; its successor is looked at when it comes.
      if (!(error instanceof SluiceError) || error.code !== "not_found") throw error;
    }
  };

  /** Answers whether anything was written. Pods are chosen before others are dismissed, so that there is always somebody. */
  const choose = async (
    pods: readonly Pod[],
    chosen: ReadonlySet<string>,
    which: "add" | "dismiss",
  ): Promise<boolean> => {
    const wrong = pods.filter((pod) => {
      const wanted = chosen.has(pod.metadata.name);
      return which === "add" ? wanted && !isServing(pod) : !wanted && isServing(pod);
    });
    for (const pod of wrong) await mark(pod, which === "add");
    return wrong.length > 0;
  };

  return {
    type: "replicas",
    kinds: [KINDS.service, KINDS.pod, endpointSlice],

    async put(config, placement) {
      refuseUnsayable(config);
      const present = serviceOf(config.id);
      const newer = present === null ? 0 : (epochOf(present) ?? 0);
      if (newer > config.epoch)
        throw new SluiceError(
          "aborted",
          `${serviceName(config, placement, cluster)}: epoch ${config.epoch} is older than ${newer}`,
        );
      const pods = podsOf(config.id);
      const chosen = chosenPods(config.split, pods);
      const shared = present?.spec?.selector?.[SERVING] === "true";
      // Marks that nobody looks at yet are put right first; those that deal are added before they are taken away.
      const before = shared ? false : await choose(pods, chosen, "dismiss");
      const added = await choose(pods, chosen, "add");
      const told = await putAtEpoch(cluster, KINDS.service, manifestOf(cluster, config, placement), config.epoch);
      const after = await choose(podsOf(config.id), chosen, "dismiss");
      return before || added || told || after;
    },

    async remove(deployment) {
      const service = serviceOf(deployment);
      if (service === null) return;
      const { namespace = "", name } = service.metadata;
      await cluster.remove({ kind: KINDS.service, namespace, name });
      await choose(podsOf(deployment), new Set(), "dismiss");
    },

    observe(deployment) {
      const service = serviceOf(deployment);
      if (service === null) return null;
      const { namespace, name, annotations } = service.metadata;
      const slices = cluster.cache
        .list<EndpointSlice>(endpointSlice, { [SERVICE_NAME]: name })
        .filter(({ metadata }) => metadata.namespace === namespace);
      const wish = readSplit(annotations?.[WISH]);
      const pods = podsOf(deployment);
      const dealt = splitOfEndpoints(slices, pods);
      const why = whyNotAsWished(withinReach(wish, pods), dealt);
      const told = { epoch: epochOf(service) ?? 0, split: why === null ? wish : dealt };
      const at = nameOf(KINDS.service, namespace, name);
      return { ...told, state: why === null ? IN_FORCE : { is: "pending", why: `${at}: ${why}` } };
    },

    deployments: () =>
      cluster.cache
        .list<Service>(KINDS.service)
        .filter(isTraffic)
        .flatMap((service) => deploymentOf(service) ?? []),

    async preflight({ target }, wish) {
      if (target.type !== "kubernetes" || target.traffic.type !== "replicas") return [];
      return inexpressible({ ...wish, traffic: target.traffic });
    },
  };
}

const isTraffic = ({ metadata }: KubeObject): boolean =>
  metadata.labels?.[LABELS.revision] === undefined && metadata.annotations?.[WISH] !== undefined;

const serviceName = (config: RouteConfig, placement: Placement, cluster: Cluster): string =>
  nameOf(
    KINDS.service,
    cluster.namespaceOf(placement),
    deploymentName({ name: placement.name, deployment: config.id }, "route"),
  );

function manifestOf(cluster: Cluster, config: RouteConfig, placement: Placement): Manifest {
  return {
    apiVersion: KINDS.service.apiVersion,
    kind: KINDS.service.kind,
    metadata: {
      name: deploymentName({ name: placement.name, deployment: config.id }, "route"),
      namespace: cluster.namespaceOf(placement),
      labels: labelsOf(config, placement),
      annotations: { [WISH]: writeSplit(config.split) },
    },
    spec: {
      selector: { [LABELS.deployment]: labelValue(config.id), ...selectorFor(config.split) },
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    },
  };
}

function refuseUnsayable({ split, pins, mirror, stickiness, match, id }: RouteConfig): void {
  const cannot = (what: string): SluiceError =>
    new SluiceError("failed_precondition", `route of ${id}: a Service alone cannot ${what}`);
  if (mirror !== null) throw cannot("copy requests");
  if (stickiness.by !== "none") throw cannot("keep callers on one revision");
  if (Object.keys({ ...match.headers, ...match.cookies }).length > 0 || match.host !== undefined)
    throw cannot("match by host, headers or cookies");
  if (serving(split) > 2) throw cannot("deal callers among more than two revisions");
  // The preview of a blue-green rollout is shown to nobody here, and that was said beforehand.
  if (pins.some(({ headers = {} }) => !("x-sluice-preview" in headers))) throw cannot("send callers to one revision");
}

const serving = (split: Split): number => split.filter(({ weight }) => weight > 0).length;
