import { isDeepStrictEqual } from "node:util";
import { type DataPlane, type RouteConfig, SluiceError } from "@sluice/core";
import type { Logger } from "pino";
import { type RoutedDeployment, type RoutingSettings, routeConfigOf } from "./route.config.ts";

export interface Publisher {
  /** Makes the gateway's route be as wanted, now and as instances come and go. Answers whether the gateway was told anything. */
  want(intent: RoutedDeployment): Promise<boolean>;
  /** Takes the route away, if there is one. */
  forget(deployment: string): Promise<boolean>;
  /** Looks at the deployment's instances again, and tells the gateway when its endpoints changed. */
  refresh(deployment: string): Promise<boolean>;
  /** Tells a plane that began anew all that it should know. */
  repeat(plane: DataPlane): void;
}

interface PublisherDeps {
  /**
   * The epochs on disk of these deployments' routes; absent for those without one. Throws while the database is away. Default: nobody
   * else writes routes.
   */
  epochs?: (deployments: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** A wish turned out to be an older one: somebody is to look. */
  outdated?: (deployment: string) => void;
  /** All that there are: a route that nobody wishes for is taken away wherever it is. */
  planes: () => readonly DataPlane[];
  logger: Logger;
  /** Default: the usual header for regions. */
  settings?: RoutingSettings | undefined;
}

/**
 * Keeps the routes of all data planes equal to wish × instances. The wishes of all deployments stay in memory, so that a gateway
 * that began anew, or an instance on a new port, is served without a database. One route is pushed by one hand at a time;
 * a wish with an older epoch than the one at hand is dropped.
 */
export function createPublisher({
  planes,
  epochs = async () => new Map(),
  outdated = () => undefined,
  logger,
  settings,
}: PublisherDeps): Publisher {
  const wishes = new Map<string, RoutedDeployment>();
  /** What was acknowledged last, and by whom: a configuration, or null for a route taken away. */
  const acknowledged = new Map<string, { plane: DataPlane; config: RouteConfig | null }>();
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

  /** `lost`: the plane says that it has no such route, whatever it acknowledged. */
  const push = async (deployment: string, lost = false): Promise<boolean> => {
    const wish = wishes.get(deployment);
    const config = wish === undefined ? null : await configOf(wish);
    const last = acknowledged.get(deployment);
    const moved = wish !== undefined && last !== undefined && last.plane !== wish.place.plane;
    if (last !== undefined && !moved && !(lost && config !== null) && isDeepStrictEqual(last.config, config))
      return false;
    if (wish !== undefined && config !== null) {
      const { plane } = wish.place;
      await plane.put(config, wish.placement);
      acknowledged.set(deployment, { plane, config });
      // Callers are dealt at the new place before the old one is taken away.
      if (moved && last.config !== null) await last.plane.remove(deployment);
      return true;
    }
    const holders = last === undefined ? planes().filter((plane) => plane.route(deployment) !== null) : [last.plane];
    for (const plane of holders) {
      await plane.remove(deployment);
      acknowledged.set(deployment, { plane, config: null });
    }
    return holders.length > 0;
  };

  const configOf = async (wish: RoutedDeployment): Promise<RouteConfig | null> => {
    const observed = (await wish.place.runtime?.observe(wish.route.deployment)) ?? [];
    return routeConfigOf(wish, observed, settings);
  };

  /** Taken away by somebody in a cluster. Our own gateways say when they have begun anew, and have their routes told then. */
  const isLost = ({ place: { plane }, placement, route }: RoutedDeployment): boolean =>
    placement.target.type === "kubernetes" &&
    plane.connected(route.deployment) &&
    plane.route(route.deployment) === null;

  /** A gateway that knows nothing believes the first it hears: an older wish, which another server has overtaken, must not be it. */
  const tell = (deployments: readonly string[], onDisk: ReadonlyMap<string, number>): void => {
    for (const deployment of deployments) {
      const wished = wishes.get(deployment)?.route.epoch;
      if (wished === undefined) continue;
      if (wished < (onDisk.get(deployment) ?? 0)) {
        outdated(deployment);
        continue;
      }
      // What was under way as it came was told to the others, and is acknowledged by now all the same.
      const anew = (): Promise<boolean> => {
        acknowledged.delete(deployment);
        return push(deployment);
      };
      inTurn(deployment, anew).catch((error: unknown) =>
        logger.warn({ err: error, deployment }, "a route was not told; trying again at the next wake"),
      );
    }
  };

  return {
    async want(wish) {
      const { deployment, epoch } = wish.route;
      const known = wishes.get(deployment);
      if (known !== undefined && known.route.epoch > epoch) {
        throw new SluiceError("aborted", `route of ${deployment}: epoch ${epoch} is older than ${known.route.epoch}`);
      }
      wishes.set(deployment, wish);
      return inTurn(deployment, () => push(deployment, isLost(wish)));
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
    repeat(plane) {
      const deployments = [...wishes].flatMap(([id, { place }]) => (place.plane === plane ? [id] : []));
      for (const deployment of deployments) acknowledged.delete(deployment);
      // Without the database, what was wished last is better than nothing.
      epochs(deployments).then(
        (onDisk) => tell(deployments, onDisk),
        () => tell(deployments, new Map()),
      );
    },
  };
}
