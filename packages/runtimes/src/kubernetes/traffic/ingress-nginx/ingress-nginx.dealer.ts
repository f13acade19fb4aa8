import { type Inexpressible, inexpressible, type Placement, type RouteConfig, SluiceError } from "@sluice/core";
import type { KubeObject } from "../../client/kube.types.ts";
import type { Cluster } from "../../cluster.ts";
import { deploymentName, objectName } from "../../names.ts";
import { type Dealer, type DealtState, IN_FORCE } from "../dealer.ts";
import { TRAFFIC_KINDS } from "../kinds.ts";
import { deploymentOf, labelsOf, ownedBy } from "../objects.ts";
import { epochOf, putAtEpoch } from "../put-at-epoch.ts";
import { backendOf, ingressSteps, type Present, splitOf } from "./ingress.steps.ts";
import type { Ingress } from "./ingress.types.ts";
import { type IngressPlace, partsOf } from "./ingresses.ts";

const { ingress: kind, ingressClass } = TRAFFIC_KINDS;

/**
 * What ingress-nginx takes to follow a change: it looks at changes no oftener than every 3.3 seconds (`--sync-rate-limit`, 0.3 a
 * second by default), and needs a moment to take them over.
 */
export const SETTLE_MS = 5_000;

export interface IngressNginxOptions {
  cluster: Cluster;
  /** What was written is taken over now. */
  changed: (deployment: string) => void;
  clock: () => number;
  settleMs?: number;
}

/**
 * A main Ingress, and beside it one that is marked as its canary. ingress-nginx tells nobody what it has taken over: what is
 * written counts as in force when it has had time to be, and no sooner.
 */
export function createIngressNginxDealer(options: IngressNginxOptions): Dealer & { close(): void } {
  const { cluster, changed, clock, settleMs = SETTLE_MS } = options;
  const written = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();

  const note = (deployment: string): void => {
    written.set(deployment, clock());
    clearTimeout(timers.get(deployment));
    timers.set(
      deployment,
      setTimeout(() => changed(deployment), settleMs),
    );
  };

  const settled = (deployment: string): DealtState => {
    const at = written.get(deployment);
    if (at !== undefined && clock() - at >= settleMs) return IN_FORCE;
    return { is: "pending", why: "ingress-nginx has not had the time to take over what was written" };
  };

  const presentOf = (deployment: string, names: IngressPlace["names"]): Present => {
    const all = ownedBy<Ingress>(cluster, kind, deployment);
    const named = (name: string): Ingress | null => all.find(({ metadata }) => metadata.name === name) ?? null;
    return { main: named(names.main), canary: named(names.canary), preview: named(names.preview) };
  };

  return {
    type: "ingress-nginx",
    kinds: [kind],

    async put(config, placement) {
      const place = placeOf(cluster, config, placement);
      const present = presentOf(config.id, place.names);
      const parts = partsOf(config, present.main === null ? null : backendOf(present.main));
      let wrote = false;
      for (const step of ingressSteps(config, parts, present, place)) {
        if ("put" in step) wrote = (await putAtEpoch(cluster, kind, step.put, config.epoch)) || wrote;
        else {
          await cluster.remove({ kind, namespace: place.namespace, name: step.remove });
          wrote = true;
        }
      }
      // Of what an earlier process wrote nobody knows when it was.
      if (wrote || !written.has(config.id)) note(config.id);
      return wrote;
    },

    async remove(deployment) {
      // The canary first: alone it would answer nobody, and the main one alone answers everybody.
      const all = ownedBy<Ingress>(cluster, kind, deployment).toSorted((left, right) => rank(left) - rank(right));
      for (const { metadata } of all)
        await cluster.remove({ kind, namespace: metadata.namespace ?? "", name: metadata.name });
      written.delete(deployment);
    },

    observe(deployment) {
      const all = ownedBy<Ingress>(cluster, kind, deployment);
      const ending = (suffix: string): Ingress | null =>
        all.find(({ metadata }) => metadata.name.endsWith(suffix)) ?? null;
      const [main, canary] = [ending("-route"), ending("-canary")];
      if (all.length === 0) return null;
      const epochs = new Set(all.map((ingress) => epochOf(ingress) ?? 0));
      const [epoch = 0] = epochs;
      // Killed between two writes, the Ingresses are of different epochs, and nothing is in force.
      return { epoch: epochs.size === 1 ? epoch : 0, split: splitOf({ main, canary }), state: settled(deployment) };
    },

    deployments: () => [...new Set(cluster.cache.list(kind).flatMap((ingress) => deploymentOf(ingress) ?? []))],

    async preflight({ target }, wish) {
      if (target.type !== "kubernetes" || target.traffic.type !== "ingress-nginx") return [];
      const found = inexpressible({ ...wish, traffic: target.traffic });
      const { className } = target.traffic;
      const known = await cluster.client.get<KubeObject>({ kind: ingressClass, namespace: null, name: className });
      const missing: Inexpressible = {
        message: `IngressClass ${className} does not exist in ${cluster.context}: no controller would take up the Ingresses`,
        grave: true,
      };
      return known === null ? [...found, missing] : found;
    },

    close() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

const rank = ({ metadata }: Ingress): number => (metadata.name.endsWith("-route") ? 1 : 0);

function placeOf(cluster: Cluster, config: RouteConfig, placement: Placement): IngressPlace {
  const { target } = placement;
  if (target.type !== "kubernetes" || target.traffic.type !== "ingress-nginx")
    throw new SluiceError("internal", `${config.id} is not dealt by ingress-nginx`);
  const named = { name: placement.name, deployment: config.id };
  return {
    className: target.traffic.className,
    namespace: cluster.namespaceOf(placement),
    names: {
      main: deploymentName(named, "route"),
      canary: deploymentName(named, "canary"),
      preview: deploymentName(named, "preview"),
    },
    service: (revision) => objectName(named, revision),
    labels: labelsOf(config, placement),
  };
}
