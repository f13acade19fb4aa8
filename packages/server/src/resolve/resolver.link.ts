import { type DataPlane, type RouteConfig, SluiceError } from "@sluice/core";
import { isResolved } from "../kinds/prompt/prompt.route.ts";
import type { Resolver } from "./resolver.ts";

/**
 * The resolver as the engine sees a data plane. What is put is on disk already and is read from there, so a prompt is dealt by
 * what was decided last, whoever tells of it.
 */
function resolverLink({ prompts, refresh, onChange }: Resolver): DataPlane {
  return {
    connected: () => true,
    route: (deployment) => prompts.byId(deployment)?.observe() ?? null,
    routes: () => prompts.ids().filter((id) => prompts.byId(id)?.split != null),
    async put({ id, epoch }: RouteConfig) {
      await refresh([id]);
      const found = prompts.byId(id)?.route.epoch ?? 0;
      if (found === epoch) return;
      if (found > epoch) throw new SluiceError("aborted", `prompt ${id}: epoch ${epoch} is older than ${found}`);
      throw new SluiceError("unavailable", `prompt ${id}: epoch ${epoch} is not on disk`);
    },
    remove: (deployment) => refresh([deployment]),
    onRoute: onChange,
    // It lives and dies with the engine.
    onConnect: () => () => undefined,
  };
}

/** Two data planes as one: each route is its own one's, and prompts do not wait for a gateway. */
export function joinedLink(gateway: DataPlane, { prompts, ...rest }: Resolver): DataPlane {
  const resolver = resolverLink({ prompts, ...rest });
  // A prompt that was deleted is not in the table any more.
  const resolved = new Set<string>();
  const planeOf = (deployment: string): DataPlane =>
    resolved.has(deployment) || prompts.byId(deployment) !== null ? resolver : gateway;
  return {
    connected: (deployment) => (deployment === undefined ? gateway : planeOf(deployment)).connected(),
    route: (deployment) => planeOf(deployment).route(deployment),
    routes: () => [...resolver.routes(), ...gateway.routes()],
    async put(config, placement) {
      if (!isResolved(config.match)) return gateway.put(config, placement);
      resolved.add(config.id);
      await resolver.put(config, placement);
    },
    async remove(deployment) {
      await planeOf(deployment).remove(deployment);
      if (prompts.byId(deployment) === null) resolved.delete(deployment);
    },
    onRoute(listener) {
      const stops = [gateway.onRoute(listener), resolver.onRoute(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    onConnect: gateway.onConnect,
  };
}
