import type { GuardReport, JudgeReport, Rollout } from "@sluice/core";

type Samples = GuardReport["samples"];

const NONE: Samples = { stable: 0, candidate: 0 };

/** What was counted of both arms since the rollout began: by the guard, or by the judge where the data plane has none; null: nothing is known. */
export const countedOf = (guard: GuardReport | null, judge: JudgeReport | null): Samples | null =>
  guard?.samples ?? judge?.samples ?? null;

/** Requests of each arm since the current step began: they are counted from the rollout's beginning on. */
export function samplesSinceStep({ step, sampleBase }: Rollout, counted: Samples | null): Samples {
  if (counted === null) return NONE;
  const base = baseOf(sampleBase?.step === step ? sampleBase : NONE, counted);
  return { stable: counted.stable - base.stable, candidate: counted.candidate - base.candidate };
}

/** The rollout with the counts remembered, when it has just come to another step. */
export function rememberSamples(before: Rollout, after: Rollout, counted: Samples | null): Rollout {
  if (after.step === before.step) return after;
  return { ...after, sampleBase: { step: after.step, ...(counted ?? NONE) } };
}

/** A count below the base tells that the gateway began anew: then all of it is since. */
const baseOf = (base: Samples, now: Samples): Samples =>
  now.stable < base.stable || now.candidate < base.candidate ? NONE : base;
