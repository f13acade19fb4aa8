import type { z } from "zod";

/** Where the administration of one gateway is, or of as many as a name resolves to. */
export interface GatewayAddress {
  url: string;
  /** Whether every address of the host's name is a gateway of its own. */
  resolves: boolean;
}

/** Gateways that run by themselves. */
export interface RemoteGateways {
  addresses: readonly GatewayAddress[];
  token: string;
  /** File of the authority that signed their certificates; null: those that the machine trusts. */
  ca: string | null;
  /** Where callers reach them, without a trailing slash. */
  url: string;
}

const RESOLVES = "dns+";
const ALLOWED = "addresses apart by commas, each as http://host:port, https://host:port or dns+http://name:port";

/** Reads `SLUICE_GATEWAYS`. */
export function gatewayAddresses(written: string, context: z.RefinementCtx): GatewayAddress[] {
  const parts = written.split(",").map((part) => part.trim());
  const addresses = parts.map((part): GatewayAddress | null => {
    const resolves = part.startsWith(RESOLVES);
    const url = URL.parse(resolves ? part.slice(RESOLVES.length) : part);
    const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.pathname === "/";
    return isPlain && url.search === "" && url.hash === "" ? { url: url.origin, resolves } : null;
  });
  const known = addresses.filter((address) => address !== null);
  if (known.length === parts.length && new Set(known.map(({ url }) => url)).size === known.length) return known;
  context.addIssue({ code: "custom", message: ALLOWED });
  return [];
}
