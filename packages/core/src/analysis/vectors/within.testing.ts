import { expect } from "vitest";

/** The reference's measure of error: `|found − wanted| ≤ tolerance · max(1, |wanted|)`. */
export function expectWithin(tolerance: number, found: number, wanted: number): void {
  const error = Math.abs(found - wanted) / Math.max(1, Math.abs(wanted));
  expect(error, `${found} instead of ${wanted}`).toBeLessThanOrEqual(tolerance);
}
