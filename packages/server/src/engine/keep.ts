import { type Instant, maintain } from "@sluice/core";
import { type Decision, NOTHING_DECIDED } from "./decide.ts";
import type { Loaded } from "./load.ts";
import { type Observation, restingFacts, retirements } from "./observe.ts";

/** What the keeper of a deployment without an active rollout wants. */
export function decideResting(loaded: Loaded, observed: Observation, now: Instant): Decision {
  const { deployment, route, members, strangers } = loaded;
  const gone = strangers.length === 0 && members.every(({ id }) => id === null);
  const upkeep = maintain(
    {
      stable: deployment.stableRevision,
      replicas: deployment.replicas,
      stopped: deployment.stopped,
      deleting: deployment.deleting,
      retiring: retirements(loaded),
    },
    restingFacts(loaded, observed),
    now,
  );
  const { instances, split, mirror, pins } = upkeep.desired;
  return {
    ...NOTHING_DECIDED,
    instances,
    traffic: route === null ? null : { split, mirror, pins, guard: null },
    // As long as a member is on its way out, there is something of it left in the world.
    forget: gone && upkeep.effects.some((effect) => effect.type === "forget"),
    wakeAt: upkeep.wakeAt ?? null,
  };
}
