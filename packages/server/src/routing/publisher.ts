import { isDeepStrictEqual } from "node:util";
import { type RouteConfig, SluiceError, type WorkloadStatus } from "@sluice/core";
import type { Logger } from "pino";
import type { GatewayLink } from "./gateway.types.ts";
import { type RoutedDeployment, type RoutingSettings, routeConfigOf } from "./route.config.ts";

export interface Publisher {
  /** Makes the gateway's route be as wanted, now and as instances come and go. Answers whether the gateway was told anything. */
  want(intent: RoutedDeployment): Promise<boolean>;
  /** Takes the route away, if there is one. */
  forget(deployment: string): Promise<boolean>;
  /** Looks at the deployment's instances again, and tells the gateway when its endpoints changed. */
  refresh(deployment: string): Promise<boolean>;
  close(): void;
}

interface PublisherDeps {
  link: GatewayLink;
  observe: (deployment: string) => Promise<WorkloadStatus[]>;
  logger: Logger;
  /** Default: the usual header for regions. */
  settings?: RoutingSettings | undefined;
}

/**
 * Keeps the gateway's routes equal to wish × instances. The wishes of all deployments stay in memory, so that a gateway
 * that began anew, or an instance on a new port, is served without a database. One route is pushed by one hand at a time;
 * a wish with an older epoch than the one at hand is dropped.
 */
export function createPublisher({ link, observe, logger, settings }: PublisherDeps): Publisher {
  const wishes = new Map<string, RoutedDeployment>();
  /** What the gateway acknowledged last: a configuration, or null for a route taken away. */
  const acknowledged = new Map<string, RouteConfig | null>();
  const turns = new Map<string, Promise<unknown>>();

  const inTurn = <T>(deployment: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(deployment) ?? Promise.resolve()).then(work, work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (turns.get(deployment) === settled) turns.delete(deployment);
      });
    turns.set(deployment, settled);
    return turn;
  };

  const push = async (deployment: string): Promise<boolean> => {
    const wish = wishes.get(deployment);
    const config = wish === undefined ? null : routeConfigOf(wish, await observe(deployment), settings);
    const last = acknowledged.get(deployment);
    if (last !== undefined && isDeepStrictEqual(last, config)) return false;
    if (config !== null) await link.put(config);
    else if (last !== undefined || link.route(deployment) !== null) await link.remove(deployment);
    else return false;
    acknowledged.set(deployment, config);
    return true;
  };

  const pushAll = (): void => {
    acknowledged.clear();
    for (const deployment of wishes.keys()) {
      inTurn(deployment, () => push(deployment)).catch((error: unknown) =>
        logger.warn({ err: error, deployment }, "the gateway was not told of a route; trying again at the next wake"),
      );
    }
  };
  const stopListening = link.onConnect(pushAll);

  return {
    async want(wish) {
      const { deployment, epoch } = wish.route;
      const known = wishes.get(deployment);
      if (known !== undefined && known.route.epoch > epoch) {
        throw new SluiceError("aborted", `route of ${deployment}: epoch ${epoch} is older than ${known.route.epoch}`);
      }
      wishes.set(deployment, wish);
      return inTurn(deployment, () => push(deployment));
    },
    forget(deployment) {
      wishes.delete(deployment);
      return inTurn(deployment, async () => {
        const told = await push(deployment);
        acknowledged.delete(deployment);
        return told;
      });
    },
    refresh: (deployment) =>
      wishes.has(deployment) ? inTurn(deployment, () => push(deployment)) : Promise.resolve(false),
    close: stopListening,
  };
}
