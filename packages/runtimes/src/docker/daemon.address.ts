import { isIP } from "node:net";
import { SluiceError } from "@sluice/core";

/** PEM texts; without `cert` and `key` the daemon is not told who calls, without `ca` the system's authorities count. */
export interface DaemonTls {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Where a daemon's API listens. */
export type DaemonAddress = {
  /** As people write it. */
  name: string;
} & ({ socketPath: string } | { host: string; port: number; tls: DaemonTls | null });

const PLAIN_PORT = 2_375;
const TLS_PORT = 2_376;

/** Reads `unix:///path`, `tcp://host:port`, `http://…` or `https://…`. Throws `invalid_argument`. */
export function daemonAddress(name: string, tls: DaemonTls | null): DaemonAddress {
  if (name.startsWith("unix://")) {
    const socketPath = name.slice("unix://".length);
    if (!socketPath.startsWith("/")) throw notAnAddress(name);
    return { name, socketPath };
  }
  const url = URL.canParse(name) ? new URL(name) : null;
  if (url === null || !/^(tcp|https?):$/.test(url.protocol) || url.hostname === "") throw notAnAddress(name);
  if (!/^\/?$/.test(url.pathname) || url.username !== "" || url.search !== "") throw notAnAddress(name);
  const secure = url.protocol === "https:" || (url.protocol === "tcp:" && tls !== null);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  // The standard port of https: is left out of a URL by its parser.
  const port = url.port === "" ? standardPort(url.protocol, secure) : Number(url.port);
  return { name, host, port, tls: secure ? (tls ?? {}) : null };
}

/** Whether the daemon runs on this machine, as far as its address tells. */
export function isHere(address: DaemonAddress): boolean {
  if ("socketPath" in address) return true;
  return (
    address.host === "localhost" || address.host === "::1" || (isIP(address.host) === 4 && /^127\./.test(address.host))
  );
}

function standardPort(protocol: string, secure: boolean): number {
  if (protocol === "https:") return 443;
  if (protocol === "http:") return 80;
  return secure ? TLS_PORT : PLAIN_PORT;
}

const notAnAddress = (name: string): SluiceError =>
  new SluiceError(
    "invalid_argument",
    `${JSON.stringify(name)} is no address of Docker's API that is known here; allowed: unix:///path/of/socket, tcp://host:port, http://host:port or https://host:port`,
  );
