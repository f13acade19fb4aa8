import { guardConfigOf, type Rollout, type ShadowOptions } from "@sluice/core";
import type { DesiredTraffic } from "./route.store.ts";

/** What a rollout wants of its route, with all that the gateway must know to bring it about. `gateways` share the guard's α. */
export function trafficOf(rollout: Rollout, gateways: number): DesiredTraffic {
  const { split, mirror, pins, preview } = rollout.desired;
  return { split, mirror, pins, guard: guardConfigOf(rollout, gateways), preview, compare: comparisonOf(rollout) };
}

/** Status and latency of copies are always compared; bodies as far as a shadow asks for it. */
function comparisonOf({ id, desired, strategy }: Rollout): ShadowOptions | null {
  if (desired.mirror === null) return null;
  const asked = strategy.type === "shadow" ? strategy.compare : { bodies: "none" as const, ignore: [] };
  return { hypothesis: id, ...asked };
}
