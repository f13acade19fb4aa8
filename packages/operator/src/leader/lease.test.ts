import fc from "fast-check";
import { expect, test } from "vitest";
import { heldLease, isFree, type Lease, microTime, releasedLease, sighting } from "./lease.ts";

const lease = (spec: Lease["spec"], version = "1"): Lease => ({
  metadata: { name: "sluice-operator", resourceVersion: version },
  ...(spec && { spec }),
});
const theirs = { holderIdentity: "other", leaseDurationSeconds: 15, renewTime: "2026-11-21T10:00:00.000000Z" };

test("a lease that is nobody's, or our own, may be taken at once", () => {
  const seen = { version: "1", at: 0 };
  expect(isFree(lease({ holderIdentity: "", leaseDurationSeconds: 15 }), "me", seen, 0)).toBe(true);
  expect(isFree(lease({ ...theirs, holderIdentity: "me" }), "me", seen, 0)).toBe(true);
  expect(isFree(lease(theirs), "me", seen, 0)).toBe(false);
});

// edge case 40
test("a holder is silent for as long as we have seen no change, whatever its clock says", () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), fc.integer({ min: 0, max: 60_000 }), (clock, waited) => {
      const renewed = lease({ ...theirs, renewTime: clock.toISOString() });
      const seen = sighting(renewed, null, 1_000);
      expect(isFree(renewed, "me", seen, 1_000 + waited)).toBe(waited >= 15_000);
    }),
  );
});

test("each renewal begins the time anew; the same version does not", () => {
  const first = sighting(lease(theirs, "1"), null, 1_000);
  expect(sighting(lease(theirs, "1"), first, 9_000)).toBe(first);
  expect(sighting(lease(theirs, "2"), first, 9_000)).toEqual({ version: "2", at: 9_000 });
});

test("taking counts a change of hands, renewing does not, and both keep what others wrote", () => {
  const now = microTime(Date.UTC(2026, 10, 21));
  const taken = heldLease(lease({ ...theirs, leaseTransitions: 3 }), "me", { now, seconds: 15 });
  expect(taken.spec).toMatchObject({ holderIdentity: "me", acquireTime: now, renewTime: now, leaseTransitions: 4 });
  const later = microTime(Date.UTC(2026, 10, 22));
  const renewed = heldLease(taken, "me", { now: later, seconds: 15 });
  expect(renewed.spec).toMatchObject({ acquireTime: now, renewTime: later, leaseTransitions: 4 });
  expect(releasedLease(renewed, later).spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  expect(now).toBe("2026-11-21T00:00:00.000000Z");
});
