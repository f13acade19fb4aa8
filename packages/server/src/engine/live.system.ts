import { type Runtime, SluiceError } from "@sluice/core";
import type { GatewayLink } from "../routing/gateway.types.ts";
import type { Live } from "./live.ts";

interface LiveDeps {
  gatewayUrl: string;
  link: GatewayLink;
  runtimes: ReadonlyMap<string, Runtime>;
}

/** The running system itself. A deployment is looked for in every runtime: ids are unique among all. */
export function createLive({ gatewayUrl, link, runtimes }: LiveDeps): Live {
  const holder = async (deployment: string): Promise<Runtime | null> => {
    for (const runtime of runtimes.values()) {
      if ((await runtime.observe(deployment)).length > 0) return runtime;
    }
    return null;
  };
  return {
    gatewayUrl,
    async observe(deployment) {
      return (await Promise.all([...runtimes.values()].map((runtime) => runtime.observe(deployment)))).flat();
    },
    async *logs(query) {
      const runtime = await holder(query.deployment);
      if (runtime !== null) yield* runtime.logs(query);
    },
    route: (deployment) => link.route(deployment),
    gatewayConnected: () => link.connected(),
    async restart(target) {
      const runtime = await holder(target.deployment);
      if (runtime === null) throw new SluiceError("failed_precondition", `${target.deployment} has no instances`);
      await runtime.restart(target);
    },
  };
}
