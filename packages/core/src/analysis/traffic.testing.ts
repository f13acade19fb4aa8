import { FULL_WEIGHT } from "../traffic/split.ts";
import type { ArmArrivals, GuardArrivals } from "./guard.arrivals.ts";
import type { GuardConfig } from "./guard.types.ts";
import { LogHistogram } from "./log-histogram.ts";

/** A deterministic source of numbers in [0, 1): the 32-bit generator "mulberry32". */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How one revision behaves: its error rate, and the median of its log-normal latency (σ = 0.5) in milliseconds. */
export interface Behaviour {
  errorRate: number;
  medianMs: number;
}

export const HEALTHY: Behaviour = { errorRate: 0.005, medianMs: 20 };

function latencyOf({ medianMs }: Behaviour, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(0.5 * normal);
}

/** Latencies of stable from before the rollout. */
export function baselineOf(behaviour: Behaviour, requests: number, random: Random): LogHistogram {
  const histogram = new LogHistogram();
  for (let count = 0; count < requests; count += 1) histogram.record(latencyOf(behaviour, random));
  return histogram;
}

/** One tick of `requests`, each sent to the candidate with probability `weight` / 10 000. */
export function drawTick(
  random: Random,
  requests: number,
  weight: number,
  behaviour: { candidate: Behaviour; stable: Behaviour },
): GuardArrivals {
  const arms = { candidate: emptyArm(), stable: emptyArm() };
  for (let count = 0; count < requests; count += 1) {
    const name = random() < weight / FULL_WEIGHT ? "candidate" : "stable";
    arms[name].requests += 1;
    if (random() < behaviour[name].errorRate) arms[name].errors += 1;
    else arms[name].histogram.record(latencyOf(behaviour[name], random));
  }
  return { weight, candidate: arrivalsOf(arms.candidate), stable: arrivalsOf(arms.stable) };
}

const emptyArm = () => ({ requests: 0, errors: 0, histogram: new LogHistogram() });

const arrivalsOf = ({ requests, errors, histogram }: ReturnType<typeof emptyArm>): ArmArrivals => ({
  requests,
  errors,
  latency: histogram.counts,
});

/** `requests` answers of which `errors` were errors, the rest with a latency of `ms`. */
export function arm(requests: number, errors: number, ms = 20): ArmArrivals {
  const histogram = new LogHistogram();
  for (let count = errors; count < requests; count += 1) histogram.record(ms);
  return { requests, errors, latency: histogram.counts };
}

/** A guard over 0.4 of a false rollback rate of 1 %, as a rollout with one gateway has it. */
export const guardConfig = (changes: Partial<GuardConfig> = {}): GuardConfig => ({
  hypothesis: "rol_1/1",
  stable: 1,
  candidate: 2,
  alpha: 0.004,
  metrics: [
    { name: "error_rate", share: 0.625 },
    { name: "latency", share: 0.375 },
  ],
  closes: true,
  ...changes,
});
