import type { GuardReport, Rollout } from "@sluice/core";

type Samples = GuardReport["samples"];

const NONE: Samples = { stable: 0, candidate: 0 };

/** Requests of each arm since the current step began: the guard counts from the rollout's beginning on. */
export function samplesSinceStep({ step, sampleBase }: Rollout, guard: GuardReport | null): Samples {
  if (guard === null) return NONE;
  const base = baseOf(sampleBase?.step === step ? sampleBase : NONE, guard.samples);
  return { stable: guard.samples.stable - base.stable, candidate: guard.samples.candidate - base.candidate };
}

/** The rollout with the guard's count remembered, when it has just come to another step. */
export function rememberSamples(before: Rollout, after: Rollout, guard: GuardReport | null): Rollout {
  if (after.step === before.step) return after;
  return { ...after, sampleBase: { step: after.step, ...(guard?.samples ?? NONE) } };
}

/** A count below the base tells that the gateway began anew: then all of it is since. */
const baseOf = (base: Samples, now: Samples): Samples =>
  now.stable < base.stable || now.candidate < base.candidate ? NONE : base;
