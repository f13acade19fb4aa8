import { logChoose } from "./log-gamma.ts";
import { logSumExp } from "./logsumexp.ts";

/** How many points of each arm are off the value that most points share, in the direction asked about. */
export interface RareEvents {
  candidate: { points: number; off: number };
  stable: { points: number; off: number };
  /** The shared value: 0 for a count of rare errors. */
  usual: number;
}

/**
 * The points of a metric that is nearly always the same value (rare errors: mostly 0 against 0), seen as events; null when no
 * value is shared by half of all points. The median of differences is blind to such a metric until half of the candidate's
 * points are off. The pooled sample alone decides, so the test below stays exact given that it is asked.
 */
export function rareEvents(
  candidate: Float64Array,
  stable: Float64Array,
  direction: "above" | "below",
): RareEvents | null {
  const pooled = Float64Array.from([...candidate, ...stable]).sort();
  const usual = pooled[Math.floor(pooled.length / 2)];
  if (usual === undefined) return null;
  const shared = pooled.reduce((count, value) => count + (value === usual ? 1 : 0), 0);
  if (shared * 2 < pooled.length) return null;
  const off = (values: Float64Array): number =>
    values.reduce((count, value) => count + ((direction === "above" ? value > usual : value < usual) ? 1 : 0), 0);
  return {
    candidate: { points: candidate.length, off: off(candidate) },
    stable: { points: stable.length, off: off(stable) },
    usual,
  };
}

/** Fisher's exact test, one-sided: how likely so many or more of the events fell on the candidate's points by chance. */
export function rareEventsTest({ candidate, stable }: RareEvents): number {
  const events = candidate.off + stable.off;
  const terms: number[] = [];
  for (let off = candidate.off; off <= Math.min(events, candidate.points); off += 1) {
    if (events - off > stable.points) continue;
    terms.push(logChoose(candidate.points, off) + logChoose(stable.points, events - off));
  }
  return Math.min(1, Math.exp(logSumExp(terms) - logChoose(candidate.points + stable.points, events)));
}
