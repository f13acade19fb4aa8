import { z } from "zod";
import { BlockJudge, marginNonInferiority } from "../analysis/block-judge.ts";
import type { ArmPair } from "../analysis/guard.arrivals.ts";
import { blockJudgeSchema, sparseSchema } from "../analysis/guard.snapshot.ts";
import { LatencyNonInferiority } from "../analysis/latency-non-inferiority.ts";
import type { LogHistogram } from "../analysis/log-histogram.ts";
import type { JudgeConfig } from "./judge.terms.ts";

/** A claim that is false is believed with at most this probability (ANALYSIS §2.4). */
export const NON_INFERIORITY_ALPHA = 0.05;
const BOUND = Math.log(1 / NON_INFERIORITY_ALPHA);

export const claimsSchema = z.object({
  errors: blockJudgeSchema.nullable(),
  latency: z.object({ past: sparseSchema, edges: z.array(blockJudgeSchema) }).nullable(),
});

/**
 * Claims that the candidate is no worse than a margin: all must be shown for a step to end early, each by itself (ANALYSIS
 * §6.1). They begin afresh at every step, a claim being about the load of that step (§6.2); once shown, a claim stands until then.
 */
export class Claims {
  readonly #errors: BlockJudge | null;
  readonly #latency: LatencyNonInferiority | null;

  constructor(
    { nonInferiority }: Pick<JudgeConfig, "nonInferiority">,
    baseline: LogHistogram | null,
    state?: z.infer<typeof claimsSchema>,
  ) {
    const { errors, latency } = nonInferiority;
    this.#errors =
      errors === null
        ? null
        : new BlockJudge(marginNonInferiority({ difference: errors, ratio: 1 }), state?.errors ?? undefined);
    this.#latency = latency === null ? null : new LatencyNonInferiority(latency, baseline, state?.latency ?? undefined);
  }

  /** Null when nothing is claimed. */
  get shown(): boolean | null {
    if (this.#errors === null && this.#latency === null) return null;
    return (this.errorsShown ?? true) && (this.latencyShown ?? true);
  }

  get errorsShown(): boolean | null {
    return this.#errors && this.#errors.maxLogWealth >= BOUND;
  }

  get latencyShown(): boolean | null {
    return this.#latency === null ? null : this.#latency.shown(BOUND);
  }

  update(batch: ArmPair): void {
    const { candidate, stable } = batch;
    this.#errors?.update({
      candidateErrors: candidate.errors,
      candidateRequests: candidate.requests,
      stableErrors: stable.errors,
      stableRequests: stable.requests,
    });
    this.#latency?.update(batch);
  }

  restart(): void {
    this.#errors?.restart();
    this.#latency?.restart();
  }

  state(): z.infer<typeof claimsSchema> {
    return { errors: this.#errors?.state() ?? null, latency: this.#latency?.state() ?? null };
  }
}
