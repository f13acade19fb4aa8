import { type GuardConfig, guardConfigOf, type Rollout, type ShadowOptions } from "@sluice/core";
import type { DesiredTraffic } from "./route.store.ts";

/** The guards of a rollout: how many would share its part of α now, and what they were told, if there are any. */
interface Guards {
  many: number;
  known: GuardConfig | null;
}

/** What a rollout wants of its route, with all that the gateway must know to bring it about. */
export function trafficOf(rollout: Rollout, guards: Guards): DesiredTraffic {
  const { split, mirror, pins, preview } = rollout.desired;
  return { split, mirror, pins, guard: guardOf(rollout, guards), preview, compare: comparisonOf(rollout) };
}

/** Shares of α are dealt when a rollout begins: gateways that come and go change nothing of what was promised. */
function guardOf(rollout: Rollout, { many, known }: Guards): GuardConfig | null {
  const guard = guardConfigOf(rollout, many);
  if (guard === null || guard.hypothesis !== known?.hypothesis) return guard;
  return { ...guard, alpha: known.alpha };
}

/** Status and latency of copies are always compared; bodies as far as a shadow asks for it. */
function comparisonOf({ id, desired, strategy }: Rollout): ShadowOptions | null {
  if (desired.mirror === null) return null;
  const asked = strategy.type === "shadow" ? strategy.compare : { bodies: "none" as const, ignore: [] };
  return { hypothesis: id, ...asked };
}
