import { type DataPlane, type Runtime, SluiceError } from "@sluice/core";
import type { Live } from "./live.ts";
import type { Targets } from "./targets.ts";

interface LiveDeps {
  gatewayUrl: string;
  link: DataPlane;
  targets: Targets;
}

/** The running system itself. A deployment is looked for in every runtime: ids are unique among all. */
export function createLive({ gatewayUrl, link, targets }: LiveDeps): Live {
  // One that cannot be asked holds up those that can: whoever waits for it is told by its rollout.
  const observed = async (deployment: string) =>
    Promise.all(
      targets.runtimes().map(async (runtime) => ({
        runtime,
        statuses: await runtime.observe(deployment).catch(() => []),
      })),
    );
  const holder = async (deployment: string): Promise<Runtime | null> =>
    (await observed(deployment)).find(({ statuses }) => statuses.length > 0)?.runtime ?? null;
  return {
    gatewayUrl,
    async observe(deployment) {
      return (await observed(deployment)).flatMap(({ statuses }) => statuses);
    },
    async *logs(query) {
      const runtime = await holder(query.deployment);
      if (runtime !== null) yield* runtime.logs(query);
    },
    route: (deployment) =>
      targets
        .planes()
        .map((plane) => plane.route(deployment))
        .find((route) => route !== null) ?? null,
    gatewayConnected: () => link.connected(),
    async restart(target) {
      const runtime = await holder(target.deployment);
      if (runtime === null) throw new SluiceError("failed_precondition", `${target.deployment} has no instances`);
      await runtime.restart(target);
    },
  };
}
