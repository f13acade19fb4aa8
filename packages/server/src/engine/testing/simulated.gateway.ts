import { type DataPlane, type GuardReport, type RouteConfig, type RouteObservation, SluiceError } from "@sluice/core";

export interface SimulatedGateway extends DataPlane {
  /** Every split that was put, in words, oldest first: `dep_… 1:9500 2:500`. */
  readonly splits: string[];
  config(deployment: string): RouteConfig | null;
  /** The guard of the route reports this from now on. */
  report(deployment: string, report: Partial<GuardReport>): void;
  /** As after a `kill -9` of the gateway and its restart: it knows nothing. */
  restart(): void;
}

/** A gateway that takes everything over at once and sees no request. */
export function createSimulatedGateway(): SimulatedGateway {
  const configs = new Map<string, RouteConfig>();
  const reports = new Map<string, Partial<GuardReport>>();
  const routeListeners = new Set<(deployment: string) => void>();
  const connectListeners = new Set<() => void>();
  const splits: string[] = [];

  const changed = (deployment: string): void => {
    for (const listener of routeListeners) listener(deployment);
  };

  const observation = ({ id, epoch, split, guard, backends }: RouteConfig): RouteObservation => ({
    id,
    epoch,
    split,
    usable: backends.map(({ revision, endpoints }) => ({ revision, endpoints: endpoints.length })),
    stats: [],
    shadow: null,
    guard:
      guard === null
        ? null
        : {
            hypothesis: guard.hypothesis,
            logEvidence: 0,
            maxLogEvidence: 0,
            bound: Math.log(1 / guard.alpha),
            metrics: [],
            samples: { stable: 0, candidate: 0 },
            errors: { stable: 0, candidate: 0 },
            closed: null,
            ...reports.get(id),
          },
  });

  return {
    splits,
    connected: () => true,
    config: (deployment) => configs.get(deployment) ?? null,
    route(deployment) {
      const config = configs.get(deployment);
      return config === undefined ? null : observation(config);
    },
    routes: () => [...configs.keys()],
    async put(config) {
      const known = configs.get(config.id);
      if (known !== undefined && known.epoch > config.epoch) {
        throw new SluiceError("aborted", `epoch ${config.epoch} is older than ${known.epoch}`);
      }
      configs.set(config.id, config);
      const words = config.split.map(({ revision, weight }) => `${revision}:${weight}`).join(" ");
      if (splits.at(-1) !== `${config.id} ${words}`) splits.push(`${config.id} ${words}`);
    },
    async remove(deployment) {
      configs.delete(deployment);
    },
    report(deployment, report) {
      reports.set(deployment, report);
      changed(deployment);
    },
    restart() {
      configs.clear();
      for (const listener of connectListeners) listener();
    },
    onRoute(listener) {
      routeListeners.add(listener);
      return () => routeListeners.delete(listener);
    },
    onConnect(listener) {
      connectListeners.add(listener);
      return () => connectListeners.delete(listener);
    },
  };
}
