import { type GatewaySnapshot, type RouteObservation, SluiceError, sameSplit } from "@sluice/core";
import type { GatewayAdmin } from "@sluice/gateway";
import type { GatewayLink } from "./gateway.types.ts";

/** What the link needs of one gateway's administration. */
export type GatewayClient = Pick<GatewayAdmin, "putRoute" | "deleteRoute" | "stream">;

export interface ServedLink extends GatewayLink {
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

  const connected = (): boolean => client !== null && now() - saidAt < SILENCE_MS;

  const changed = (deployment: string): void => {
    for (const listener of routeListeners) listener(deployment);
  };

  const take = ({ routes: seen }: GatewaySnapshot): void => {
    saidAt = now();
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
