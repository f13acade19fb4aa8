import { isIP } from "node:net";
import { SluiceError } from "@sluice/core";

export interface Addressed {
  host: string | undefined;
  origin: string | undefined;
  /** Port and address that the connection came in on. */
  localPort: number;
  localAddress: string;
}

/**
 * Without authentication whoever reaches the server is its master, so no web page may: not by a request from its own
 * origin, and not by a name of its own that it points at 127.0.0.1 (DNS rebinding). A `Host` must be `localhost` or an
 * address of ours with our port, and an `Origin`, which every cross-origin request of a page carries, the very same.
 *
 * @throws `permission_denied`
 */
export function refuseStrangers({ host, origin, localPort, localAddress }: Addressed): void {
  const url = parse(`http://${host ?? ""}`);
  const name = url?.hostname.replace(/^\[(.*)\]$/, "$1");
  const known = name === "localhost" || name === "127.0.0.1" || name === "::1" || name === plain(localAddress);
  if (url === null || !known || portOf(url) !== localPort) {
    throw refusal("Host", host, `localhost:${localPort}, 127.0.0.1:${localPort} or [::1]:${localPort}`);
  }
  if (origin !== undefined && origin !== url.origin) throw refusal("Origin", origin, `${url.origin}, or none`);
}

const portOf = (url: URL): number => (url.port === "" ? 80 : Number(url.port));

/** IPv4 inside IPv6, as dual-stack sockets report it, in its plain form. */
const plain = (address: string): string => {
  const inner = address.replace(/^::ffff:/, "");
  return isIP(inner) === 4 ? inner : address;
};

function parse(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.pathname === "/" && url.search === "" && url.hash === ""
    ? url
    : null;
}

const refusal = (header: string, found: string | undefined, allowed: string): SluiceError =>
  new SluiceError(
    "permission_denied",
    `${header} is ${JSON.stringify(found ?? "missing")}; allowed: ${allowed}. Without authentication only this machine's own programs may ask`,
  );
