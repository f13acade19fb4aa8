/** What a user wants to know of a kind of target before naming one in an environment. */
export interface Outlook {
  type: "docker" | "kubernetes";
  /** `absent`: not set up, and nobody asked for it; `faulty`: asked for, and it could not be used. */
  state: "ready" | "absent" | "faulty";
  /** What is there, or why it cannot be used. */
  message: string;
}

/** What was found of a target: a description, and what speaks against it. */
export interface Finding {
  /** Null: it was not reached. */
  found: string | null;
  fault: string | null;
}

/** Laptops need neither Docker nor a cluster: what nobody asked the server for may be missing, or be out of order. Pure. */
export function outlookOf(type: Outlook["type"], { found, fault }: Finding, isAskedFor: boolean): Outlook {
  if (fault === null) return { type, state: "ready", message: found ?? "" };
  const message = found === null ? fault : `${found}: ${fault}`;
  return { type, state: isAskedFor ? "faulty" : "absent", message };
}

interface ClusterFound {
  version: string;
  gatewayApi: boolean;
  context: string;
  /** Empty: the account of the server's pod. */
  files: readonly string[];
}

/** Pure. */
export function describeCluster({ version, gatewayApi, context, files }: ClusterFound): string {
  const place = files.length === 0 ? "the server's own cluster" : `context ${context} of ${files.join(":")}`;
  const traffic = gatewayApi ? "with Gateway API" : "without Gateway API";
  return `Kubernetes ${version}, ${place}, ${traffic}`;
}

/** Pure. */
export const describeDaemon = (daemon: { name: string; version: string; platform: string }, host: string): string =>
  `${daemon.name} ${daemon.version} (${daemon.platform}) at ${host}`;
