import type { OutcomeTable } from "./fisher.ts";
import { FisherJudge } from "./fisher-judge.ts";
import { logSumExp } from "./logsumexp.ts";
import type { MixtureState } from "./switching-mixture.ts";

/** The quantiles of stable's latency at which the arms are compared (ANALYSIS §3.2). */
export const WATCHED_QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

/**
 * Is the candidate slower? One B1 judge per watched edge, on the outcome "slower than the edge" (ANALYSIS §3.2). The edges may
 * differ from batch to batch as long as they are chosen before the batch is seen.
 */
export class LatencyEdgeJudge {
  readonly #judges: FisherJudge[];

  /** `edges`: how many edges are watched. */
  constructor(states?: readonly MixtureState[], edges: number = WATCHED_QUANTILES.length) {
    this.#judges = Array.from({ length: edges }, (_, index) => new FisherJudge(states?.[index]));
  }

  /** ln of each edge's e-value, in the order of the watched quantiles. */
  get logWealths(): number[] {
    return this.#judges.map((judge) => judge.logWealth);
  }

  /** ln of the edges' average e-value. */
  get logEvidence(): number {
    return logSumExp(this.logWealths) - Math.log(this.#judges.length);
  }

  /** One table per watched quantile: how many requests of each arm were slower than its edge. */
  update(tables: readonly OutcomeTable[]): void {
    for (const [index, table] of tables.entries()) this.#judges[index]?.update(table);
  }

  remix(part: number): void {
    for (const judge of this.#judges) judge.remix(part);
  }

  states(): MixtureState[] {
    return this.#judges.map((judge) => judge.state());
  }
}
