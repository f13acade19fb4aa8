import type { DaemonAddress } from "./daemon.address.ts";
import { createDaemon } from "./daemon.ts";

/** What answers at an address. */
export interface DaemonVersion {
  /** Both speak Docker's API. */
  name: "Docker" | "Podman";
  version: string;
  /** As `linux/amd64`. */
  platform: string;
}

/** Throws a `SluiceError` in the daemon's words, or the connection's; after `timeoutMs` at the latest. */
export async function readDaemonVersion(address: DaemonAddress, timeoutMs: number): Promise<DaemonVersion> {
  const asked = (docker: { version(): Promise<Answer> }): Promise<Answer> => docker.version();
  const answer = await createDaemon(address).call("asking for the version", asked, timeoutMs);
  return daemonVersionIn(answer);
}

interface Answer {
  Version: string;
  Os: string;
  Arch: string;
  Components?: { Name: string }[];
}

/** Podman says so among the parts of what answers. Pure. */
export function daemonVersionIn({ Version, Os, Arch, Components = [] }: Answer): DaemonVersion {
  const isPodman = Components.some(({ Name }) => /podman/i.test(Name));
  return { name: isPodman ? "Podman" : "Docker", version: Version, platform: `${Os}/${Arch}` };
}
