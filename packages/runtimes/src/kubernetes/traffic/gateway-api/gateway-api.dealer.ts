import { type Inexpressible, inexpressible, type PlaneAbilities, SluiceError } from "@sluice/core";
import { nameOf } from "../../client/kinds.ts";
import type { Cluster } from "../../cluster.ts";
import { deploymentName, objectName } from "../../names.ts";
import type { Dealer } from "../dealer.ts";
import { TRAFFIC_KINDS } from "../kinds.ts";
import { deploymentOf, labelsOf, ownedBy } from "../objects.ts";
import { epochOf, putAtEpoch } from "../put-at-epoch.ts";
import { readAbilities } from "./abilities.ts";
import { httpRouteSpec } from "./http-route.ts";
import type { Gateway, HttpRoute, ParentRef } from "./http-route.types.ts";
import { splitOf, stateOf } from "./route.observation.ts";

const { httpRoute, gateway: gatewayKind } = TRAFFIC_KINDS;

/** Gateways are somebody else's, so nobody tells us when they change: they are asked, at most so often. */
const GATEWAY_FRESH_MS = 5_000;
const ABILITIES_FRESH_MS = 600_000;

export interface GatewayApiOptions {
  cluster: Cluster;
  /** A Gateway of the route is another one than it was. */
  changed: (deployment: string) => void;
  clock: () => number;
}

/** One HTTPRoute for each deployment, with the weights of the split. */
export function createGatewayApiDealer({ cluster, changed, clock }: GatewayApiOptions): Dealer {
  const gateways = new Map<string, { at: number; gateway: Gateway | null | undefined }>();

  const abilitiesNow = (): Promise<PlaneAbilities> =>
    cluster.remember("abilities of HTTPRoute", ABILITIES_FRESH_MS, () => readAbilities(cluster.client));

  /** All rollouts at one Gateway look at it together, as long as nothing is wrong with it. */
  const ask = (namespace: string, name: string): Promise<Gateway | null> => {
    const look = async (): Promise<Gateway | null> => {
      const gateway = await cluster.client.get<Gateway>({ kind: gatewayKind, namespace, name });
      gateways.set(`${namespace}/${name}`, { at: clock(), gateway });
      return gateway;
    };
    return cluster.remember(nameOf(gatewayKind, namespace, name), GATEWAY_FRESH_MS, look, programmed);
  };

  /** As it was last seen, and asked for anew when that is a while ago. A server that may not read it judges by the route alone. */
  const gatewayOf = (route: HttpRoute): Gateway | null | undefined => {
    const [parent] = route.spec?.parentRefs ?? [];
    const deployment = deploymentOf(route);
    if (parent === undefined) return undefined;
    const { namespace, name } = placeOf(parent, route);
    const known = gateways.get(`${namespace}/${name}`);
    if (known !== undefined && clock() - known.at < GATEWAY_FRESH_MS) return known.gateway;
    gateways.set(`${namespace}/${name}`, { at: clock(), gateway: known?.gateway });
    ask(namespace, name).then(
      (gateway) => {
        if (deployment !== null && programmed(gateway) !== programmed(known?.gateway)) changed(deployment);
      },
      () => undefined,
    );
    return known?.gateway;
  };

  return {
    type: "gateway-api",
    kinds: [httpRoute],

    async put(config, placement) {
      const { target } = placement;
      if (target.type !== "kubernetes" || target.traffic.type !== "gateway-api")
        throw new SluiceError("internal", `${config.id} is not dealt by Gateway API`);
      const named = { name: placement.name, deployment: config.id };
      const spec = httpRouteSpec(config, {
        gateway: target.traffic.gateway,
        service: (revision) => objectName(named, revision),
        abilities: await abilitiesNow(),
        marked: target.prometheus?.metrics === "envoy-gateway",
      });
      const metadata = {
        name: deploymentName(named, "route"),
        namespace: cluster.namespaceOf(placement),
        labels: labelsOf(config, placement),
      };
      const { apiVersion, kind } = httpRoute;
      return putAtEpoch(cluster, httpRoute, { apiVersion, kind, metadata, spec }, config.epoch);
    },

    async remove(deployment) {
      for (const { metadata } of ownedBy(cluster, httpRoute, deployment))
        await cluster.remove({ kind: httpRoute, namespace: metadata.namespace ?? "", name: metadata.name });
    },

    observe(deployment) {
      const [route] = ownedBy<HttpRoute>(cluster, httpRoute, deployment);
      if (route === undefined) return null;
      return {
        epoch: epochOf(route) ?? 0,
        split: splitOf(route),
        state: stateOf(route, gatewayOf(route)),
      };
    },

    deployments: () => cluster.cache.list(httpRoute).flatMap((route) => deploymentOf(route) ?? []),

    async preflight(placement, wish) {
      const { target } = placement;
      if (target.type !== "kubernetes" || target.traffic.type !== "gateway-api") return [];
      const { gateway } = target.traffic;
      const namespace = gateway.namespace ?? cluster.namespaceOf(placement);
      const found = await ask(namespace, gateway.name);
      const at = nameOf(gatewayKind, namespace, gateway.name);
      return [
        ...inexpressible({ ...wish, traffic: target.traffic, abilities: await abilitiesNow() }),
        ...wrong(at, found),
      ];
    },
  };

  function* wrong(at: string, gateway: Gateway | null): Generator<Inexpressible> {
    if (gateway === null) yield { message: `${at} does not exist in ${cluster.context}`, grave: true };
    else if (!programmed(gateway)) {
      const { reason, message } = gateway.status?.conditions?.find(({ type }) => type === "Programmed") ?? {};
      const why = reason === undefined ? "no controller has taken it up" : `${reason}: ${message ?? ""}`;
      yield { message: `${at} is not programmed (${why})`, grave: true };
    }
  }
}

const placeOf = (parent: ParentRef, { metadata }: HttpRoute): { namespace: string; name: string } => ({
  namespace: parent.namespace ?? metadata.namespace ?? "",
  name: parent.name,
});

const programmed = (gateway: Gateway | null | undefined): boolean =>
  gateway?.status?.conditions?.some(({ type, status }) => type === "Programmed" && status === "True") ?? false;
