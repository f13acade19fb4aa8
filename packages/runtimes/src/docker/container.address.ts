import type { ContainerInspectInfo } from "dockerode";
import type { StoredWorkload } from "../supervision/workload.schema.ts";
import { CONTAINER_PORT, type NetworkUse } from "./container.options.ts";

export interface Address {
  host: string;
  port: number;
}

/** Where a container's port is reached; null: nowhere. */
export function addressOf({ NetworkSettings }: ContainerInspectInfo, network: NetworkUse): Address | null {
  switch (network.mode) {
    case "host":
      return { host: network.address, port: network.port };
    case "published": {
      const [binding] = NetworkSettings.Ports?.[`${CONTAINER_PORT}/tcp`] ?? [];
      return binding === undefined ? null : { host: network.address, port: Number(binding.HostPort) };
    }
    case "container": {
      const joined = Object.values(NetworkSettings.Networks ?? {});
      const host = joined.map(({ IPAddress }) => IPAddress).find((address) => address !== "");
      return host === undefined ? null : { host, port: CONTAINER_PORT };
    }
  }
}

/** What a running container was to have and has not, since daemons leave out what they do not know; null: nothing. */
export function brokenPromise(
  found: ContainerInspectInfo,
  { gpus = 0, process: kind = "service" }: Pick<StoredWorkload, "gpus" | "process">,
  network: NetworkUse,
): string | null {
  if (gpus > 0 && (found.HostConfig.DeviceRequests ?? []).length === 0)
    return `${gpus} graphics processors are asked for, and the daemon gave its container none`;
  if (kind !== "service" || !found.State.Running || addressOf(found, network) !== null) return null;
  const where = network.mode === "host" ? "host" : network.network;
  const lacks = network.mode === "published" ? "publishes no ports" : "gives no addresses";
  return `network ${where} ${lacks}, so nobody could reach the program; use another network, or SLUICE_DOCKER_REACH`;
}
