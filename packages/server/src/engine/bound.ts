import type { ArtifactKind, Target } from "@sluice/core";
import { hasInstances } from "./observe.ts";

interface Served {
  kind: ArtifactKind;
  target: Target;
  /** Whether it has callers whom somebody deals. */
  routed: boolean;
}

/**
 * Whether one server alone can look after a deployment: its instances are on that server's machine, or only that server's gateway
 * (`ownGateway`: the one it started itself) deals its callers. Clusters and prompts are anybody's.
 */
export function isBound({ kind, target, routed }: Served, ownGateway: boolean): boolean {
  if (hasInstances(kind, target.type) && isHere(target)) return true;
  return ownGateway && routed && isDealtByGateway(kind, target);
}

/** Containers too, wherever their daemon is: what is wished of them is in the data folder of the server that started them. */
const isHere = ({ type }: Target): boolean => type === "process" || type === "docker";

const isDealtByGateway = (kind: ArtifactKind, target: Target): boolean =>
  kind !== "prompt" && (target.type !== "kubernetes" || target.traffic.type === "sluice");
