import { FULL_WEIGHT, percentFromWeight, type Weight } from "./split.ts";

/**
 * Where nothing deals requests by weight, every ready pod behind one Service gets the same share: a weight is what the number
 * of pods makes of it. These are the sums of that, for those who choose the pods and for those who ask beforehand.
 */

/** How many ready pods of each revision serve. */
export interface PodCounts {
  stable: number;
  candidate: number;
}

/** A smaller group than this part of the larger revision is not worth a more exact weight. */
const LEAST_PART = 0.5;

/**
 * Which numbers of the `ready` pods come nearest to the candidate's weight; of equally good ones the most. A revision that is to
 * have a share has at least one pod as long as it has a ready one, and one that is to have none has none, unless it is
 * the only one that can serve at all.
 */
export function podsFor(weight: Weight, ready: PodCounts): PodCounts {
  if (ready.stable === 0 || ready.candidate === 0) return { ...ready };
  if (weight <= 0) return { stable: ready.stable, candidate: 0 };
  if (weight >= FULL_WEIGHT) return { stable: 0, candidate: ready.candidate };
  const least = Math.ceil(Math.max(ready.stable, ready.candidate) * LEAST_PART);
  const ratio = (FULL_WEIGHT - weight) / weight;
  let best: PodCounts | null = null;
  for (let candidate = 1; candidate <= ready.candidate; candidate += 1) {
    const stable = Math.min(Math.max(Math.round(candidate * ratio), 1), ready.stable);
    const found = { stable, candidate };
    if (stable + candidate >= least && (best === null || isBetter(found, best, weight))) best = found;
  }
  return best ?? { ...ready };
}

/** The share of `candidate` among the pods that serve, in hundredths of a percent; null when none does. */
export function weightOfPods({ stable, candidate }: PodCounts): Weight | null {
  const all = stable + candidate;
  return all === 0 ? null : Math.round((candidate * FULL_WEIGHT) / all);
}

function isBetter(left: PodCounts, right: PodCounts, weight: Weight): boolean {
  const [leftError, rightError] = [errorOf(left, weight), errorOf(right, weight)];
  return (
    leftError < rightError ||
    (leftError === rightError && left.stable + left.candidate > right.stable + right.candidate)
  );
}

const errorOf = (pods: PodCounts, weight: Weight): number => Math.abs((weightOfPods(pods) ?? 0) - weight);

/** Whether a deployment of `replicas` instances can have the weight to the hundredth of a percent that weights are given in. */
export function weightIsPossible(weight: Weight, replicas: number): boolean {
  return errorOf(podsFor(weight, { stable: replicas, candidate: candidatePods(weight, replicas) }), weight) === 0;
}

/** As a rollout orders them: enough for the share, rounded up. */
const candidatePods = (weight: Weight, replicas: number): number =>
  Math.max(1, Math.ceil((replicas * weight) / FULL_WEIGHT));

/** The least number of instances with which the weight is possible. */
export function replicasFor(weight: Weight): number {
  const share = Math.min(Math.max(weight, 0), FULL_WEIGHT);
  for (let replicas = 1; replicas < FULL_WEIGHT; replicas += 1) if (weightIsPossible(share, replicas)) return replicas;
  return FULL_WEIGHT;
}

/** Weights that are told, at most: the smallest ones are what a canary is after. */
const TOLD = 5;

/** The weights that `replicas` instances allow, in a few words. */
export function possibleWeights(replicas: number): string {
  const all = new Set<Weight>([FULL_WEIGHT]);
  for (let candidate = 1; candidate <= replicas; candidate += 1)
    for (let stable = 1; stable <= replicas; stable += 1) all.add(weightOfPods({ stable, candidate }) ?? FULL_WEIGHT);
  const weights = [...all].filter((weight) => weightIsPossible(weight, replicas)).sort((left, right) => left - right);
  const percents = weights.map((weight) => `${percentFromWeight(weight)} %`);
  return percents.length <= TOLD + 1
    ? percents.join(", ")
    : `${percents.slice(0, TOLD).join(", ")}, … ${percents.at(-1)}`;
}
