import { type Drift, describeDrift, driftNews, type Instant, rememberedDrifts, type ToldDrift } from "@sluice/core";
import type { DecidedEvent } from "./decide.ts";
import type { Loaded } from "./load.ts";
import type { Observation } from "./observe.ts";

/** What people were told that somebody else changed underneath. In memory: whoever starts anew tells anew. */
export interface Drifts {
  /** An event for each that nobody has heard of; `told` is to be called when they are written. */
  news(loaded: Loaded, observed: Observation, now: Instant): { events: DecidedEvent[]; told: () => void };
}

export function createDrifts(): Drifts {
  const known = new Map<string, ToldDrift[]>();
  return {
    news(loaded, observed, now) {
      const { id } = loaded.deployment;
      const before = known.get(id) ?? [];
      const seen = driftsSeen(loaded, observed);
      const news = driftNews(before, seen, now);
      const rollout = loaded.rollouts[0]?.rollout.id ?? null;
      const events = news.map((drift) => ({
        ...{ rollout, type: "deployment.drifted", message: describeDrift(drift), alert: true },
        data: {
          ...(drift.about !== "traffic" && { revision: drift.about.revision }),
          what: drift.what,
        },
      }));
      const told = (): void => {
        const left = rememberedDrifts([...before, ...news], seen, now);
        if (left.length === 0) known.delete(id);
        else known.set(id, left);
      };
      return { events, told };
    },
  };
}

/** Of revisions that are still wanted: what goes may go as it likes. */
function driftsSeen({ workloads }: Loaded, { statuses, route }: Observation): Drift[] {
  const revisions = statuses.flatMap(({ revision, drift }): Drift[] => {
    const wanted = workloads.some((workload) => workload.revision === revision && workload.replicas > 0);
    return wanted && drift !== undefined ? [{ about: { revision }, what: drift, mendedAt: null }] : [];
  });
  const mended = route?.mended ?? null;
  if (mended === null) return revisions;
  return [...revisions, { about: "traffic", what: mended.what, mendedAt: mended.at }];
}
