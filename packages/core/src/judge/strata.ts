import { z } from "zod";
import { isBatchComplete } from "../analysis/batch-closer.ts";
import { ArmCounts, type ArmPair, makesSense } from "../analysis/guard.arrivals.ts";
import { armPairSchema } from "../analysis/guard.snapshot.ts";
import type { ArmState, PeriodCounts } from "../analysis/guard.types.ts";
import { LogHistogram } from "../analysis/log-histogram.ts";
import { FULL_WEIGHT, percentFromWeight } from "../traffic/split.ts";

/** So many gateways are pooled; those beyond are left out, which costs power and nothing else. */
const MOST_STRATA = 64;

export const strataSchema = z
  .array(
    z.object({
      gateway: z.string(),
      period: z.number(),
      weight: z.number(),
      seen: armPairSchema,
      batch: armPairSchema,
    }),
  )
  .max(MOST_STRATA);

export type StrataState = z.infer<typeof strataSchema>;

interface Stratum {
  gateway: string;
  period: number;
  weight: number;
  /** The period's counts as they were seen last. */
  seen: { candidate: ArmState; stable: ArmState };
  /** Gathered and not judged yet. */
  batch: ArmPair;
}

/** What one gateway brought: new requests of both arms, at the candidate's nominal weight. */
export interface Arrived {
  weight: number;
  mirrored: boolean;
  arms: ArmPair;
}

export interface Taken {
  /** Everything that is new, for totals and for what judges the candidate alone. */
  arrived: Arrived[];
  /** Whole batches, ready to be judged one after the other (ANALYSIS §2.1). */
  batches: ArmPair[];
  /** Counts that made no sense or went back, and were left out. */
  dropped: number;
}

/**
 * One accumulator for each gateway: what was routed by different gateways may differ in more than the revision, so they
 * are strata of one mixture (ANALYSIS §2.1, §13). Takes differences of cumulative counts, so that a look that is late or repeated counts
 * nothing twice. Within a period counts only grow; those that went back are of a gateway that lost some, and what came since the last look
 * is left out. What a period brought after the last look at it is lost, on both sides alike. A new period begins at zero and ends the batch: no batch mixes two weights. An older period is an old message.
 */
export class Strata {
  readonly #strata: Stratum[];

  constructor(state: StrataState = []) {
    this.#strata = state.map(({ batch, ...rest }) => ({ ...rest, batch: pairOf(batch) }));
  }

  /** `hypothesis`: counts of any other are of another attempt and say nothing (edge case 45). */
  take(gateways: readonly { gateway: string; counts: PeriodCounts }[], hypothesis: string): Taken {
    const taken: Taken = { arrived: [], batches: [], dropped: 0 };
    for (const { gateway, counts } of gateways) {
      if (counts.hypothesis !== hypothesis) continue;
      const stratum = this.#stratumOf(gateway, counts);
      if (stratum === null || counts.period < stratum.period) continue;
      if (counts.period > stratum.period) this.#turnPeriod(stratum, counts, taken);
      const arms = difference(stratum.seen, counts);
      stratum.seen = { candidate: counts.candidate, stable: counts.stable };
      if (arms === null || !isSane(counts.weight, arms)) {
        taken.dropped += 1;
        continue;
      }
      if (arms.candidate.requests + arms.stable.requests === 0) continue;
      taken.arrived.push({ weight: counts.weight, mirrored: counts.mirrored, arms });
      gather(stratum, arms, taken);
    }
    return taken;
  }

  state(): StrataState {
    return this.#strata.map(({ batch, ...rest }) => ({
      ...rest,
      batch: { candidate: batch.candidate.state(), stable: batch.stable.state() },
    }));
  }

  #stratumOf(gateway: string, { period, weight }: PeriodCounts): Stratum | null {
    const known = this.#strata.find((stratum) => stratum.gateway === gateway);
    if (known !== undefined) return known;
    if (this.#strata.length >= MOST_STRATA) return null;
    const fresh: Stratum = { gateway, period, weight, seen: nothingSeen(), batch: pairOf() };
    this.#strata.push(fresh);
    return fresh;
  }

  #turnPeriod(stratum: Stratum, counts: PeriodCounts, taken: Taken): void {
    if (counts.weight !== stratum.weight) flush(stratum, taken);
    stratum.period = counts.period;
    stratum.weight = counts.weight;
    stratum.seen = nothingSeen();
  }
}

function gather(stratum: Stratum, arms: ArmPair, taken: Taken): void {
  const { weight, batch } = stratum;
  if (weight <= 0 || weight >= FULL_WEIGHT) return;
  addArm(batch.candidate, arms.candidate);
  addArm(batch.stable, arms.stable);
  const sizes = { candidate: batch.candidate.requests, stable: batch.stable.requests };
  if (isBatchComplete(sizes, percentFromWeight(weight) / 100)) flush(stratum, taken);
}

/** Without both arms there is nothing to learn. */
function flush(stratum: Stratum, taken: Taken): void {
  const { batch } = stratum;
  if (batch.candidate.requests > 0 && batch.stable.requests > 0) taken.batches.push(batch);
  stratum.batch = pairOf();
}

const pairOf = (state?: { candidate: ArmState; stable: ArmState }): ArmPair => ({
  candidate: new ArmCounts(state?.candidate),
  stable: new ArmCounts(state?.stable),
});

const nothing: ArmState = { requests: 0, errors: 0, warming: 0, latency: [] };
const nothingSeen = () => ({ candidate: nothing, stable: nothing });

export function addArm(sum: ArmCounts, { requests, errors, warming, undealt, latency }: ArmCounts): void {
  sum.add({ requests, errors, warming, undealt, latency: latency.counts });
}

/** What is new in both arms; null when anything went back. */
function difference(seen: Stratum["seen"], now: PeriodCounts): ArmPair | null {
  const candidate = armDifference(seen.candidate, now.candidate);
  const stable = armDifference(seen.stable, now.stable);
  return candidate === null || stable === null ? null : { candidate, stable };
}

function armDifference(before: ArmState, after: ArmState): ArmCounts | null {
  const earlier = new Map(before.latency);
  const latency: [number, number][] = [];
  for (const [bin, count] of after.latency) {
    const added = count - (earlier.get(bin) ?? 0);
    earlier.delete(bin);
    if (added < 0) return null;
    if (added > 0) latency.push([bin, added]);
  }
  if ([...earlier.values()].some((count) => count > 0)) return null;
  const requests = after.requests - before.requests;
  const errors = after.errors - before.errors;
  const warming = after.warming - before.warming;
  const undealt = (after.undealt ?? 0) - (before.undealt ?? 0);
  if (requests < 0 || errors < 0 || warming < 0 || undealt < 0) return null;
  try {
    const arm = new ArmCounts();
    arm.add({ requests, errors, warming, undealt, latency: LogHistogram.fromSparse(latency).counts });
    return arm;
  } catch {
    // Bins that do not exist, or counts that are no numbers: from a gateway of another age.
    return null;
  }
}

const isSane = (weight: number, { candidate, stable }: ArmPair): boolean =>
  makesSense({ weight, candidate: arrivalsOf(candidate), stable: arrivalsOf(stable) });

const arrivalsOf = ({ requests, errors, warming, undealt, latency }: ArmCounts) => ({
  requests,
  errors,
  warming,
  undealt,
  latency: latency.counts,
});
