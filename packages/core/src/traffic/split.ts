import { SluiceError } from "../errors.ts";

/** Share of traffic in hundredths of a percent: an integer from 0 to 10 000. 25 is a canary of 0.25 %. */
export type Weight = number;

export const FULL_WEIGHT: Weight = 10_000;

export interface SplitEntry {
  revision: number;
  weight: Weight;
}

/** Which revision gets how much. Weights add up to exactly `FULL_WEIGHT`; a revision stands at most once. */
export type Split = readonly SplitEntry[];

/** Percent with at most two decimals (0.25) to hundredths of a percent (25). Throws on anything finer or outside 0–100. */
export function weightFromPercent(percent: number): Weight {
  const weight = Math.round(percent * 100);
  if (!Number.isFinite(percent) || weight < 0 || weight > FULL_WEIGHT || Math.abs(weight - percent * 100) > 1e-6) {
    throw new SluiceError(
      "invalid_argument",
      `a weight of ${percent} is not a percentage from 0 to 100 with at most two decimals`,
    );
  }
  return weight;
}

export const percentFromWeight = (weight: Weight): number => weight / 100;

/** The split that gives `candidate` its weight and `stable` the rest; without a stable, everything goes to the candidate. */
export function splitBetween(stable: number | null, candidate: number, weight: Weight): Split {
  if (stable === null || stable === candidate) return [{ revision: candidate, weight: FULL_WEIGHT }];
  return [
    { revision: stable, weight: FULL_WEIGHT - weight },
    { revision: candidate, weight },
  ];
}

export const weightOf = (split: Split, revision: number): Weight =>
  split.find((entry) => entry.revision === revision)?.weight ?? 0;

/** Equal as traffic goes: entries of weight zero and their order do not matter. */
export function sameSplit(left: Split, right: Split): boolean {
  const revisions = new Set([...left, ...right].map((entry) => entry.revision));
  return [...revisions].every((revision) => weightOf(left, revision) === weightOf(right, revision));
}

/** Throws `internal` unless the weights are whole, not negative, unique by revision, and add up to 100 %. */
export function assertSplit(split: Split): void {
  const total = split.reduce((sum, entry) => sum + entry.weight, 0);
  const whole = split.every((entry) => Number.isInteger(entry.weight) && entry.weight >= 0);
  const unique = new Set(split.map((entry) => entry.revision)).size === split.length;
  if (total !== FULL_WEIGHT || !whole || !unique) {
    throw new SluiceError("internal", `not a split: ${JSON.stringify(split)}`);
  }
}

/** The split without the candidate: its share goes to stable, or to the first of the others when stable has no entry. */
export function closedSplit(split: Split, { stable, candidate }: { stable: number; candidate: number }): Split {
  const share = weightOf(split, candidate);
  const heir = (
    split.find(({ revision }) => revision === stable) ?? split.find(({ revision }) => revision !== candidate)
  )?.revision;
  if (heir === undefined) return split;
  return split.map(({ revision, weight }) => {
    if (revision === candidate) return { revision, weight: 0 };
    return { revision, weight: revision === heir ? weight + share : weight };
  });
}
