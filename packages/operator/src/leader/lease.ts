import type { Kind, KubeObject } from "@sluice/runtimes/kubernetes";

export const LEASE: Kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases", namespaced: true };

export interface Lease extends KubeObject {
  spec?: {
    /** Empty: nobody. */
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    /** Of the holder's clock: for people, and never compared with a clock of ours. */
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/** When a version of the lease was first seen, by the monotonic clock of whoever saw it, in milliseconds. */
export interface Sighting {
  version: string;
  at: number;
}

export function sighting(lease: Lease, before: Sighting | null, now: number): Sighting {
  const version = lease.metadata.resourceVersion ?? "";
  return before?.version === version ? before : { version, at: now };
}

/**
 * Whether the lease may be taken: it is nobody's or our own, or its holder has let it lie for as long as it lasts. Time is
 * measured from when we saw the last change: clocks of two machines may disagree by hours.
 */
export function isFree(lease: Lease, me: string, seen: Sighting, now: number): boolean {
  const { holderIdentity = "", leaseDurationSeconds = 0 } = lease.spec ?? {};
  if (holderIdentity === "" || holderIdentity === me) return true;
  return now - seen.at >= leaseDurationSeconds * 1_000;
}

/** The lease in our hands. `now` by the calendar, as RFC 3339 with microseconds. */
export function heldLease(lease: Lease, me: string, { now, seconds }: { now: string; seconds: number }): Lease {
  const { spec = {} } = lease;
  const isOurs = spec.holderIdentity === me;
  return {
    ...lease,
    spec: {
      holderIdentity: me,
      leaseDurationSeconds: seconds,
      acquireTime: isOurs ? (spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1),
    },
  };
}

/** Nobody's: the next one need not wait. */
export const releasedLease = (lease: Lease, now: string): Lease => ({
  ...lease,
  spec: { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now },
});

export const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
