import { z } from "zod";
import type { ArmCounts } from "../analysis/guard.arrivals.ts";
import { logESampleRatio, SAMPLE_RATIO_BOUND } from "../analysis/sample-ratio.ts";
import { FULL_WEIGHT, percentFromWeight } from "../traffic/split.ts";
import type { Arrived } from "./strata.ts";

/** So many different weights are told apart; an adaptive ramp of more is watched up to there. */
const MOST_LEVELS = 256;

const levelSchema = z.object({ weight: z.number(), candidate: z.number(), stable: z.number() });
export const ratioSchema = z.array(levelSchema).max(MOST_LEVELS);

type Level = z.infer<typeof levelSchema>;

/**
 * Whether the split is the one that was asked for (ANALYSIS §2.6). One that is not says that something between the gateway and
 * the counts is not as believed; the rollout holds then (edge case 46), and is never rolled back for it. Mirrored copies and callers that are
 * kept on one arm were not drawn by lot and do not count, nor does what an arm got because the other could not be reached.
 */
export class RatioWatch {
  readonly #levels: Level[];

  constructor(state: Level[] = []) {
    this.#levels = state.map((level) => ({ ...level }));
  }

  take({ weight, mirrored, arms }: Arrived): void {
    if (mirrored || weight <= 0 || weight >= FULL_WEIGHT) return;
    let level = this.#levels.find((known) => known.weight === weight);
    if (level === undefined) {
      if (this.#levels.length >= MOST_LEVELS) return;
      level = { weight, candidate: 0, stable: 0 };
      this.#levels.push(level);
    }
    level.candidate += dealt(arms.candidate);
    level.stable += dealt(arms.stable);
  }

  get logEvidence(): number {
    if (this.#levels.length === 0) return 0;
    return logESampleRatio(
      this.#levels.map(({ weight, candidate, stable }) => ({
        share: percentFromWeight(weight) / 100,
        candidate,
        stable,
      })),
    );
  }

  get doubted(): boolean {
    return this.logEvidence >= SAMPLE_RATIO_BOUND;
  }

  /** At which weight the counts are furthest from it, for people. */
  get worst(): Level | null {
    return this.#levels.reduce<Level | null>(
      (worst, level) => (worst === null || distance(level) > distance(worst) ? level : worst),
      null,
    );
  }

  state(): Level[] {
    return this.#levels.map((level) => ({ ...level }));
  }
}

const dealt = ({ requests, undealt }: ArmCounts): number => requests - undealt;

/** How many standard deviations the candidate's count is from what was to be expected, about. */
function distance({ weight, candidate, stable }: Level): number {
  const expected = ((candidate + stable) * weight) / FULL_WEIGHT;
  return Math.abs(candidate - expected) / Math.sqrt(Math.max(1, expected));
}
