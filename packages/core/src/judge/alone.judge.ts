import { z } from "zod";
import { combineMetrics } from "../analysis/combine-metrics.ts";
import { WATCHED_QUANTILES } from "../analysis/edge-judge.ts";
import type { ArmCounts } from "../analysis/guard.arrivals.ts";
import { mixtureSchema } from "../analysis/guard.snapshot.ts";
import { ToleratedBins } from "../analysis/latency-tolerance.ts";
import { type Margin, toleratedRate } from "../analysis/margin.ts";
import { type ArmOutcomes, frozenRate, MONITORING_PARTS, OneArmedJudge } from "../analysis/one-armed-judge.ts";
import type { TermsOf, TrafficTerms } from "./judge.terms.ts";
import type { AlphaBudget } from "./judge.types.ts";

const watchedSchema = z.object({
  metric: z.enum(["error_rate", "latency"]),
  /** Part of the evidence. */
  share: z.number(),
  /** Bins of the histogram that "slower" refers to, of either arm; null for errors. */
  bins: z.object({ stable: z.int(), candidate: z.int() }).nullable(),
  /** What stable did, and the highest rate it can be believed to have had, margin included. */
  before: z.object({ errors: z.number(), requests: z.number() }),
  rate: z.number(),
  mixture: mixtureSchema.nullable(),
});

export const aloneSchema = z.object({ bound: z.number(), watched: z.array(watchedSchema) });
export type AloneState = z.infer<typeof aloneSchema>;

interface Watched extends Omit<z.infer<typeof watchedSchema>, "mixture"> {
  judge: OneArmedJudge;
}

/**
 * How much slower than before is fine at least, whatever was asked for beside a stable that serves: from one minute to the
 * next a machine's other work, a cache or a network makes as much of a difference. Twice as slow and 50 ms are left to be seen.
 */
const DRIFT = { relative: 1, absoluteMs: 50 } as const;

/** One rate of the candidate beside what stable's was. */
export interface AloneFinding extends Omit<Watched, "judge"> {
  logEvidence: number;
}

/**
 * Watches a candidate that has all of the traffic against what stable did before it left (ANALYSIS §13). Compared with
 * before, not beside: a drift of the world counts against the candidate, and every sentence says so. What was known of stable is
 * frozen when this begins; the upper ends of its confidence sequences may miss with half of monitoring's α together, the e-process with
 * the other half.
 */
export class AloneJudge {
  readonly bound: number;
  readonly #watched: Watched[];

  private constructor(bound: number, watched: Watched[]) {
    this.bound = bound;
    this.#watched = watched;
  }

  /** Null when nothing is compared, or nothing is known of stable. */
  static freeze(terms: readonly TrafficTerms[], stable: ArmCounts, budget: AlphaBudget): AloneJudge | null {
    const parts = MONITORING_PARTS.baseline + MONITORING_PARTS.process;
    const processAlpha = (budget.monitoring * MONITORING_PARTS.process) / parts;
    const baselineAlpha = budget.monitoring - processAlpha;
    if (!(processAlpha > 0) || stable.requests === 0) return null;
    const rates = terms.flatMap((part): Before[] => {
      if (part.kind === "errors") return [errorsBefore(part, stable)];
      return part.kind === "latency" ? slownessBefore(part, stable) : [];
    });
    const total = rates.reduce((sum, { share }) => sum + share, 0);
    if (total === 0) return null;
    const watched = rates.map(({ margin, ...rest }) => {
      const before = frozenRate(rest.before, baselineAlpha / rates.length);
      const rate = Math.min(1, toleratedRate(margin, before));
      return { ...rest, share: rest.share / total, rate, judge: new OneArmedJudge(rate) };
    });
    return new AloneJudge(Math.log(1 / processAlpha), watched);
  }

  static resume({ bound, watched }: AloneState): AloneJudge {
    return new AloneJudge(
      bound,
      watched.map(({ mixture, ...rest }) => ({ ...rest, judge: new OneArmedJudge(rest.rate, mixture ?? undefined) })),
    );
  }

  get logEvidence(): number {
    return combineMetrics(this.#watched.map(({ share, judge }) => ({ share, logEvidence: judge.logWealth })));
  }

  /** The rate with the most evidence against the candidate. */
  get finding(): AloneFinding | null {
    const findings = this.#watched.map(({ judge, ...rest }) => ({ ...rest, logEvidence: judge.logWealth }));
    const stake = ({ share, logEvidence }: AloneFinding): number => Math.log(share) + logEvidence;
    return findings.reduce<AloneFinding | null>(
      (best, finding) => (best === null || stake(finding) > stake(best) ? finding : best),
      null,
    );
  }

  update(candidate: ArmCounts): void {
    for (const { bins, judge } of this.#watched) judge.update(outcomesOf(candidate, bins?.candidate ?? null));
  }

  state(): AloneState {
    return {
      bound: this.bound,
      watched: this.#watched.map(({ judge, ...rest }) => ({ ...rest, mixture: judge.state() })),
    };
  }
}

/** Bad outcomes of an arm: errors, or what was slower than the edge of `bin`. */
export const outcomesOf = (arm: ArmCounts, bin: number | null): ArmOutcomes =>
  bin === null ? { errors: arm.errors, requests: arm.requests } : { errors: arm.slowerThan(bin), requests: arm.timed };

/** A rate of stable's, and by how much more it may be. */
type Before = Omit<Watched, "judge" | "rate"> & { margin: Margin };

const NOTHING_MORE: Margin = { difference: 0, ratio: 1 };

const errorsBefore = ({ share, margin }: TermsOf<"errors">, stable: ArmCounts): Before => ({
  metric: "error_rate",
  share,
  bins: null,
  before: outcomesOf(stable, null),
  margin: margin ?? NOTHING_MORE,
});

/** The edges are those of stable's own quantiles, as long as the candidate's, a tolerance further up, exist as well. */
function slownessBefore({ share, quantile, tolerance, toleranceMs }: TermsOf<"latency">, stable: ArmCounts): Before[] {
  const tolerated = new ToleratedBins({
    relative: Math.max(tolerance, DRIFT.relative),
    absoluteMs: Math.max(toleranceMs, DRIFT.absoluteMs),
  });
  const quantiles = quantile === null ? WATCHED_QUANTILES : [quantile];
  return quantiles.flatMap((q) => {
    const bin = stable.latency.quantileBin(q);
    if (bin === null) return [];
    const stableBin = Math.min(bin, tolerated.highestStableBin);
    return [
      {
        metric: "latency",
        share: share / quantiles.length,
        bins: { stable: stableBin, candidate: tolerated.candidateBin(stableBin) },
        before: outcomesOf(stable, stableBin),
        margin: NOTHING_MORE,
      },
    ];
  });
}
