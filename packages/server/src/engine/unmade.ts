import type { WorkloadStatus } from "@sluice/core";
import type { Loaded } from "./load.ts";

/**
 * Revisions whose version cannot become a program, and why. No runtime has ever heard of them; to their rollouts they are as
 * failed as those that crash. In memory: whoever starts anew tries anew.
 */
export interface Unmade {
  note(deployment: string, revision: number, reason: string): void;
  /** Of the revisions that are still wanted and have no instances. Others are forgotten: wanted again, they are tried again. */
  among(loaded: Loaded, observed: readonly WorkloadStatus[]): WorkloadStatus[];
}

export function createUnmade(): Unmade {
  const reasons = new Map<string, Map<number, string>>();
  return {
    note(deployment, revision, reason) {
      const known = reasons.get(deployment) ?? new Map<number, string>();
      reasons.set(deployment, known.set(revision, reason));
    },
    among({ deployment: { id }, workloads }, observed) {
      const known = reasons.get(id) ?? new Map<number, string>();
      const statuses = workloads.flatMap(({ revision, replicas }): WorkloadStatus[] => {
        const reason = known.get(revision);
        if (reason === undefined || replicas === 0 || observed.some((status) => status.revision === revision))
          return [];
        return [{ deployment: id, revision, desired: replicas, instances: [], verdict: "failed", reason }];
      });
      const left = statuses.map(({ revision, reason }): [number, string] => [revision, reason ?? ""]);
      if (left.length === 0) reasons.delete(id);
      else reasons.set(id, new Map(left));
      return statuses;
    },
  };
}
