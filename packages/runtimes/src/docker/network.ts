import { SluiceError, type TargetOf } from "@sluice/core";
import type { Obstacle } from "../supervision/driver.ts";
import type { StoredWorkload } from "../supervision/workload.schema.ts";
import { obstacleOf } from "./daemon.error.ts";
import type { Daemon } from "./daemon.ts";

/** Networks that every daemon has, whatever it calls them itself. */
const BUILT_IN = new Set(["bridge", "host", "default"]);

/** What is wrong with a target's network; null: nothing. Throws `unavailable`. */
export async function networkFault(
  daemon: Daemon,
  { network }: Pick<TargetOf<"docker">, "network">,
): Promise<string | null> {
  if (network === undefined || BUILT_IN.has(network)) return null;
  if (network === "none" || network.startsWith("container:"))
    return `in network ${network} nobody could reach a program; use one of your own, bridge or host`;
  const networks = await daemon.call("listing networks", (docker, options) => docker.listNetworks(options));
  const names = networks.map(({ Name }) => Name);
  if (names.includes(network)) return null;
  return `there is no network ${network} at Docker ${daemon.address.name}; there are: ${names.toSorted().join(", ")}`;
}

/** The same as an obstacle to a launch. */
export async function networkObstacle(daemon: Daemon, { placement }: StoredWorkload): Promise<Obstacle | null> {
  if (placement?.target.type !== "docker") return null;
  try {
    const reason = await networkFault(daemon, placement.target);
    return reason === null ? null : { ok: false, fault: "lasting", reason };
  } catch (error) {
    if (error instanceof SluiceError) return obstacleOf(error);
    throw error;
  }
}
