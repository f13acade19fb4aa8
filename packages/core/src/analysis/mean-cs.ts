import { invalidField } from "../errors.ts";

/** Largest bet of the empirical Bernstein sequence, as a part of what ruin would take. */
const LARGEST_BET = 0.5;

/** The bets of both sequences below, from earlier values only: √(2 ln(2/α) / (V t ln(1 + t))). */
interface Bets {
  count: number;
  sum: number;
  /** Σ (x_i − μ_i)² with the regularised mean of the time. */
  squares: number;
}

const NO_VALUES: Bets = { count: 0, sum: 0, squares: 0 };

/** Regularised as by one earlier value of 1/2 with variance 1/4. */
const meanOf = ({ count, sum }: Bets): number => (0.5 + sum) / (count + 1);
const varianceOf = ({ count, squares }: Bets): number => (0.25 + squares) / (count + 1);

function nextBet(bets: Bets, alpha: number): number {
  const t = bets.count + 1;
  return Math.sqrt((2 * Math.log(2 / alpha)) / (varianceOf(bets) * t * Math.log(1 + t)));
}

function learn(bets: Bets, value: number): Bets {
  const next = { count: bets.count + 1, sum: bets.sum + value, squares: 0 };
  next.squares = bets.squares + (value - meanOf(next)) ** 2;
  return next;
}

function checkAlpha(alpha: number): number {
  if (!(alpha > 0 && alpha < 1)) throw invalidField("alpha", alpha, "a number between 0 and 1, both excluded");
  return alpha;
}

const isScore = (value: number): boolean => value >= 0 && value <= 1;

export interface EmpiricalBernsteinState extends Bets {
  /** Σ λ, Σ λ x, and Σ (x − μ)² (−ln(1 − λ) − λ). */
  bets: number;
  weighted: number;
  penalty: number;
  low: number;
  high: number;
}

/**
 * Confidence sequence for the mean of values in [0, 1], in constant memory (empirical Bernstein with predictable plug-in bets;
 * Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2023, Theorem 2; ANALYSIS §4.2).
 * It misses the mean at any time, ever, with probability at most `alpha`; intervals are intersected as time goes on. For display.
 */
export class EmpiricalBernsteinCs {
  readonly #alpha: number;
  #state: EmpiricalBernsteinState;

  /** Throws `invalid_argument` for an `alpha` outside (0, 1). */
  constructor(alpha: number, state?: EmpiricalBernsteinState) {
    this.#alpha = checkAlpha(alpha);
    this.#state = state ?? { ...NO_VALUES, bets: 0, weighted: 0, penalty: 0, low: 0, high: 1 };
  }

  get count(): number {
    return this.#state.count;
  }

  get interval(): { low: number; high: number } {
    return { low: this.#state.low, high: this.#state.high };
  }

  /** Takes in one value; false for one outside [0, 1], which is left out. */
  add(value: number): boolean {
    if (!isScore(value)) return false;
    const state = this.#state;
    const bet = Math.min(nextBet(state, this.#alpha), LARGEST_BET);
    const bets = state.bets + bet;
    const weighted = state.weighted + bet * value;
    const penalty = state.penalty + (value - meanOf(state)) ** 2 * (-Math.log1p(-bet) - bet);
    const radius = (Math.log(2 / this.#alpha) + penalty) / bets;
    this.#state = {
      ...learn(state, value),
      bets,
      weighted,
      penalty,
      low: Math.max(state.low, weighted / bets - radius),
      high: Math.min(state.high, weighted / bets + radius),
    };
    return true;
  }

  state(): EmpiricalBernsteinState {
    return { ...this.#state };
  }
}

/** Part of what ruin would take that the hedged bets stake at most. */
const HEDGED_PART = 0.5;

export interface HedgedBettingState {
  learnt: Bets;
  /** ln of the capital that bets on a larger, and on a smaller mean, at each point of the grid. */
  up: number[];
  down: number[];
  /** The largest ln of the hedged capital so far at each point. */
  largest: number[];
}

/**
 * Confidence sequence for the mean of values in [0, 1] by hedged betting (the same paper, section 4): tighter for few values, at the
 * price of one update per grid point and value. Widened by one cell on each side. For display.
 */
export class HedgedBettingCs {
  readonly #alpha: number;
  readonly #means: readonly number[];
  #learnt: Bets;
  readonly #up: number[];
  readonly #down: number[];
  readonly #largest: number[];

  /** `means`: where the mean might lie, ascending in [0, 1]; by default a grid of 200 cells. */
  constructor(alpha: number, means: readonly number[] = grid(200), state?: HedgedBettingState) {
    this.#alpha = checkAlpha(alpha);
    this.#means = means;
    this.#learnt = state?.learnt ?? NO_VALUES;
    this.#up = [...(state?.up ?? means.map(() => 0))];
    this.#down = [...(state?.down ?? means.map(() => 0))];
    this.#largest = [...(state?.largest ?? means.map(() => Math.log(0.5)))];
  }

  /** ln of max(K⁺, K⁻)/2 at each point of the grid, now and at its largest: the evidence that the mean is not there. */
  get logCapital(): number[] {
    return this.#up.map((up, index) => Math.max(up, this.#down[index] ?? 0) - Math.LN2);
  }

  get maxLogCapital(): number[] {
    return [...this.#largest];
  }

  /** From one cell below the first mean that is not excluded to one above the last; null when all are. */
  get interval(): { low: number; high: number } | null {
    const bound = Math.log(1 / this.#alpha);
    const kept = (capital: number): boolean => capital < bound;
    const [first, last] = [this.#largest.findIndex(kept), this.#largest.findLastIndex(kept)];
    if (first === -1) return null;
    return { low: this.#means[Math.max(0, first - 1)] ?? 0, high: this.#means[last + 1] ?? this.#means[last] ?? 1 };
  }

  /** Takes in one value; false for one outside [0, 1], which is left out. */
  add(value: number): boolean {
    if (!isScore(value)) return false;
    const bet = nextBet(this.#learnt, this.#alpha);
    for (const [index, mean] of this.#means.entries()) {
      const [up, down] = [Math.min(bet, HEDGED_PART / mean), Math.min(bet, HEDGED_PART / (1 - mean))];
      this.#up[index] = (this.#up[index] ?? 0) + Math.log1p(up * (value - mean));
      this.#down[index] = (this.#down[index] ?? 0) + Math.log1p(-down * (value - mean));
      const capital = Math.max(this.#up[index] ?? 0, this.#down[index] ?? 0) - Math.LN2;
      this.#largest[index] = Math.max(this.#largest[index] ?? 0, capital);
    }
    this.#learnt = learn(this.#learnt, value);
    return true;
  }

  state(): HedgedBettingState {
    return { learnt: this.#learnt, up: [...this.#up], down: [...this.#down], largest: [...this.#largest] };
  }
}

const grid = (cells: number): number[] => Array.from({ length: cells + 1 }, (_, index) => index / cells);
