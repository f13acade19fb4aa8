import type { Instant } from "@sluice/core";

/** Since when deployments cannot be looked at. In memory: a server that starts anew knows of no time before. */
export interface Outages {
  /** A look has failed. */
  began(deployment: string, now: Instant): void;
  /** Milliseconds until now; 0 when the last look did not fail. */
  lasted(deployment: string, now: Instant): number;
  /** What was seen after it is written. */
  over(deployment: string): void;
}

export function createOutages(): Outages {
  const since = new Map<string, Instant>();
  return {
    began(deployment, now) {
      if (!since.has(deployment)) since.set(deployment, now);
    },
    lasted: (deployment, now) => Math.max(0, now - (since.get(deployment) ?? now)),
    over: (deployment) => void since.delete(deployment),
  };
}
