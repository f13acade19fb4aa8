import { type InstancesFact, type Instant, maintain, type RestingFacts, type Retirement } from "@sluice/core";
import { type Decision, NOTHING_DECIDED } from "./decide.ts";
import type { Loaded } from "./load.ts";
import { instancesFact, type Observation, trafficApplied } from "./observe.ts";

/** What the keeper of a deployment without an active rollout wants. */
export function decideResting(loaded: Loaded, observed: Observation, now: Instant): Decision {
  const { deployment, route } = loaded;
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
    forget: upkeep.effects.some((effect) => effect.type === "forget"),
    wakeAt: upkeep.wakeAt ?? null,
  };
}

export const retirements = ({ workloads }: Loaded): Retirement[] =>
  workloads.flatMap(({ revision, retireAt }) => (retireAt === null ? [] : [{ revision, at: retireAt }]));

export function restingFacts({ route }: Loaded, observed: Observation): RestingFacts {
  const revisions = [...new Set(observed.statuses.map((status) => status.revision))];
  return {
    workloads: revisions
      .map((revision) => instancesFact(observed.statuses, revision))
      .filter((fact): fact is InstancesFact => fact !== null),
    traffic: {
      verified: observed.gatewayFresh,
      applied: observed.gatewayFresh && trafficApplied(route, observed.route),
      split: observed.route?.split ?? null,
    },
    routed: route !== null,
  };
}
