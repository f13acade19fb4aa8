import type { Workload, WorkloadStatus } from "@sluice/core";

/** Revisions that the cluster refused, and why. In memory: whoever starts anew asks anew. */
export interface Denials {
  note(workload: Pick<Workload, "deployment" | "revision" | "replicas">, reason: string): void;
  /** Whether the same was refused a moment ago: asking again at once would be answered alike. */
  isFresh(workload: Pick<Workload, "deployment" | "revision" | "replicas">): boolean;
  forget(deployment: string, revision: number): void;
  /** What there is, with what was refused: as wanted, and failed. */
  among(deployment: string, statuses: readonly WorkloadStatus[]): WorkloadStatus[];
  close(): void;
}

interface Denial {
  replicas: number;
  reason: string;
  timer: NodeJS.Timeout;
}

/** Then it is tried again, if it is still wanted: a quota may have room, a policy may be gone. */
const RETRY_MS = 30_000;

export function createDenials({
  changed,
  retryMs = RETRY_MS,
}: {
  changed: (deployment: string) => void;
  retryMs?: number;
}): Denials {
  const denials = new Map<string, Map<number, Denial>>();

  const forget = (deployment: string, revision: number): void => {
    const known = denials.get(deployment);
    clearTimeout(known?.get(revision)?.timer);
    known?.delete(revision);
    if (known?.size === 0) denials.delete(deployment);
  };

  return {
    forget,
    note({ deployment, revision, replicas }, reason) {
      forget(deployment, revision);
      const known = denials.get(deployment) ?? new Map<number, Denial>();
      const timer = setTimeout(() => {
        forget(deployment, revision);
        changed(deployment);
      }, retryMs);
      denials.set(deployment, known.set(revision, { replicas, reason, timer }));
      changed(deployment);
    },
    isFresh: ({ deployment, revision, replicas }) => denials.get(deployment)?.get(revision)?.replicas === replicas,
    among(deployment, statuses) {
      const known = denials.get(deployment);
      if (known === undefined) return [...statuses];
      const missing = [...known.keys()].filter((revision) => !statuses.some((status) => status.revision === revision));
      const all = [...statuses, ...missing.map((revision): WorkloadStatus => ({ deployment, revision, ...NOTHING }))];
      return all.map((status) => {
        const denial = known.get(status.revision);
        if (denial === undefined) return status;
        const { drift: _, ...rest } = status;
        return { ...rest, desired: denial.replicas, verdict: "failed", reason: denial.reason };
      });
    },
    close() {
      for (const known of denials.values()) for (const { timer } of known.values()) clearTimeout(timer);
    },
  };
}

const NOTHING = { desired: 0, instances: [], verdict: "failed", reason: null } satisfies Partial<WorkloadStatus>;
