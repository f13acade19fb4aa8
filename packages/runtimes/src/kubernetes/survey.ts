import { SluiceError } from "@sluice/core";
import type { Cluster } from "./cluster.ts";
import { greet, preflight } from "./preflight.ts";
import { TRAFFIC_KINDS } from "./traffic/kinds.ts";

/** What somebody wants to know of a cluster before they deliver to it. */
export interface ClusterSurvey {
  version: string;
  /** Whether the custom resources of Gateway API are installed. */
  gatewayApi: boolean;
  /** What speaks against a namespace, in a sentence; null: nothing. */
  fault: string | null;
}

/** Asks and changes nothing. Throws a `SluiceError` in the cluster's words when it cannot be reached, or refuses the credentials. */
export async function surveyCluster(
  cluster: Cluster,
  namespace: string,
  namespaces: readonly string[] | null,
): Promise<ClusterSurvey> {
  const version = await greet(cluster);
  const [gatewayApi, fault] = await Promise.all([
    // Whoever may not ask for it cannot use it either.
    cluster.serves(TRAFFIC_KINDS.httpRoute).catch((error: unknown) => {
      if (error instanceof SluiceError && error.code === "permission_denied") return false;
      throw error;
    }),
    preflight(cluster, namespace, namespaces),
  ]);
  return { version, gatewayApi, fault };
}
