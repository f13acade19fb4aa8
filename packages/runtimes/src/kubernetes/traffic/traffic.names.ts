import type { Placement } from "@sluice/core";
import { deploymentName, namespaceOf, objectName } from "../names.ts";

/** What a deployment's traffic is called in a cluster, as its metrics name it. */
export interface TrafficNames {
  namespace: string;
  /** Of the HTTPRoute, or of the main Ingress. */
  route: string;
  service: (revision: number) => string;
}

export function trafficNames(
  placement: Pick<Placement, "target" | "project" | "name">,
  deployment: string,
): TrafficNames {
  const named = { name: placement.name, deployment };
  return {
    namespace: namespaceOf(placement),
    route: deploymentName(named, "route"),
    service: (revision) => objectName(named, revision),
  };
}
