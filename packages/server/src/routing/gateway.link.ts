import {
  type DataPlane,
  type GatewaySnapshot,
  type RouteConfig,
  type RouteObservation,
  SluiceError,
  sameSplit,
} from "@sluice/core";
import type { GatewayAdmin } from "@sluice/gateway";

/** What the link needs of one gateway's administration. */
export type GatewayClient = Pick<GatewayAdmin, "putRoute" | "deleteRoute" | "stream">;

/** Gateways need not know where a deployment's objects are. */
export interface ServedPlane extends Omit<DataPlane, "put"> {
  /** Applied when it returns. Throws as a data plane does. */
  put(config: RouteConfig): Promise<void>;
}

export interface ServedLink extends ServedPlane {
  /** What the gateway calls itself; null before it has said anything. */
  name(): string | null;
  /** Whether its last word was that it ends. */
  leaving(): boolean;
  /** Whether it wants callers, or waits to be told of every route first. */
  ready(): boolean;
  /** Listens to the gateway until its stream ends, breaks, or falls silent; then the link is not connected any more. */
  follow(client: GatewayClient, stop: AbortSignal): Promise<void>;
}

/** A gateway that has said nothing for this long is taken for hung. */
const SILENCE_MS = 2_000;

/**
 * What is known of the gateway, from its stream of snapshots.
 * - **disconnected**: nothing is known; whoever asks is told so, and commands are refused as `unavailable`.
 *   Left by the first snapshot of a stream; then everything is published again.
 * - **connected**: the last snapshot is what the gateway does, and a configuration that it has just taken over counts at
 *   once. Left when the stream ends, breaks, or says nothing for two seconds.
 */
export function createGatewayLink(now: () => number = () => performance.now()): ServedLink {
  const routes = new Map<string, RouteObservation>();
  const routeListeners = new Set<(deployment: string) => void>();
  const connectListeners = new Set<() => void>();
  let client: GatewayClient | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let name: string | null = null;
  let leaving = false;
  let ready = true;

  const connected = (): boolean => client !== null && now() - saidAt < SILENCE_MS;

  const changed = (deployment: string): void => {
    for (const listener of routeListeners) listener(deployment);
  };

  const take = ({ routes: seen, ...snapshot }: GatewaySnapshot): void => {
    saidAt = now();
    name = snapshot.gateway;
    leaving = snapshot.leaving ?? false;
    ready = snapshot.ready ?? true;
    const present = new Set(seen.map((route) => route.id));
    for (const id of [...routes.keys()]) {
      if (present.has(id)) continue;
      routes.delete(id);
      changed(id);
    }
    for (const route of seen) {
      // A snapshot that was under way while a configuration was taken over is older than what is known.
      const before = routes.get(route.id);
      if (before !== undefined && route.epoch < before.epoch) continue;
      routes.set(route.id, route);
      if (matters(before, route)) changed(route.id);
    }
  };

  const current = (): GatewayClient => {
    if (client === null) throw new SluiceError("unavailable", "the gateway cannot be reached");
    return client;
  };

  return {
    connected,
    name: () => name,
    leaving: () => leaving,
    ready: () => ready,
    route: (deployment) => (connected() ? (routes.get(deployment) ?? null) : null),
    routes: () => (connected() ? [...routes.keys()] : []),
    async put(config) {
      // Nobody is told: whoever puts a configuration looks again by itself.
      routes.set(config.id, await current().putRoute(config));
    },
    async remove(deployment) {
      await current().deleteRoute(deployment);
      routes.delete(deployment);
    },
    async follow(next, stop) {
      const silence = new AbortController();
      let watchdog: NodeJS.Timeout | undefined;
      try {
        for await (const snapshot of next.stream(AbortSignal.any([stop, silence.signal]))) {
          clearTimeout(watchdog);
          watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
          const first = client !== next;
          client = next;
          take(snapshot);
          if (first) for (const listener of connectListeners) listener();
        }
      } finally {
        clearTimeout(watchdog);
        client = null;
        routes.clear();
      }
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

/** Counts change with every request; a rollout cares for what was applied, closed, or lost. */
function matters(before: RouteObservation | undefined, after: RouteObservation): boolean {
  if (before === undefined) return true;
  return (
    before.epoch !== after.epoch ||
    !sameSplit(before.split, after.split) ||
    (before.guard?.closed?.at ?? null) !== (after.guard?.closed?.at ?? null) ||
    JSON.stringify(before.usable) !== JSON.stringify(after.usable)
  );
}
