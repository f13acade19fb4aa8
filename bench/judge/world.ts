import type { Random } from "../../packages/core/src/analysis/traffic.testing.ts";

/** Requests of one run, and of one look: a judge looks every ten requests, as at 20 requests a second and two looks a second. */
export const HORIZON = 20_000;
export const LOOK = 10;

/** A minute at 20 requests a second: what tools that look once a minute see at once. */
export const MINUTE = 1_200;

/** How both arms behave as a run goes on; `at` is how many requests came before. */
export interface World {
  name: string;
  /** The candidate's share of the traffic, in percent. */
  weight(at: number): number;
  /** Share of requests that fail. */
  stable(at: number, burst: boolean): number;
  candidate(at: number, burst: boolean): number;
  /** Share of looks that fall into a burst of errors of both arms. */
  bursts?: number;
}

const ramp = (at: number): number => [5, 10, 25, 50][Math.floor((at * 4) / HORIZON)] ?? 50;

const both = (name: string, weight: World["weight"], rate: World["stable"], bursts = 0): World => ({
  name,
  weight,
  stable: rate,
  candidate: rate,
  bursts,
});

/** Worlds in which the candidate is exactly like stable, or better. */
export const HEALTHY_WORLDS: readonly World[] = [
  both(
    "0.5 %, weight 5 %",
    () => 5,
    () => 0.005,
  ),
  both(
    "0.5 %, weight 10 %",
    () => 10,
    () => 0.005,
  ),
  both(
    "0.5 %, weight 50 %",
    () => 50,
    () => 0.005,
  ),
  both(
    "4 %, weight 10 %",
    () => 10,
    () => 0.04,
  ),
  { name: "better candidate, weight 10 %", weight: () => 10, stable: () => 0.005, candidate: () => 0.0025 },
  both("0.5 %, ramp 5-10-25-50 %", ramp, () => 0.005),
  both("ramp while errors grow 0.2 to 2 %", ramp, (at) => 0.002 + (0.018 * at) / HORIZON),
  both(
    "outage of both (20 %, 60 s), weight 10 %",
    () => 10,
    (at) => (at >= 9_600 && at < 9_600 + MINUTE ? 0.2 : 0.005),
  ),
  both(
    "bursts of both (1 % of looks at 50 %), weight 10 %",
    () => 10,
    (_, burst) => (burst ? 0.5 : 0.005),
    0.01,
  ),
];

/** A candidate that is worse from its first request on. */
export const worse = (weight: number, rate: number): World => ({
  name: `${weight} %`,
  weight: () => weight,
  stable: () => 0.005,
  candidate: () => rate,
});

export interface Look {
  at: number;
  weight: number;
  candidateErrors: number;
  candidateRequests: number;
  stableErrors: number;
  stableRequests: number;
}

/** Draws one run, look by look, until `see` says that it has seen enough. */
export function play(world: World, random: Random, see: (look: Look) => boolean): void {
  for (let at = 0; at < HORIZON; at += LOOK) {
    const weight = world.weight(at);
    const burst = (world.bursts ?? 0) > 0 && random() < (world.bursts ?? 0);
    const [candidate, stable] = [world.candidate(at, burst), world.stable(at, burst)];
    const look = {
      at: at + LOOK,
      weight,
      candidateErrors: 0,
      candidateRequests: 0,
      stableErrors: 0,
      stableRequests: 0,
    };
    for (let request = 0; request < LOOK; request += 1) {
      if (random() * 100 < weight) {
        look.candidateRequests += 1;
        if (random() < candidate) look.candidateErrors += 1;
      } else {
        look.stableRequests += 1;
        if (random() < stable) look.stableErrors += 1;
      }
    }
    if (see(look)) return;
  }
}
