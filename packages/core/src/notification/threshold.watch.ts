import type { Instant } from "../time.ts";
import type { ComparisonSign, Threshold } from "./threshold.ts";

/**
 * One threshold on one deployment.
 *
 * - **quiet**: entered at the start. Left when the figure has been beyond the limit without a break for `forMs`.
 * - **firing**: left when the figure has been back by a tenth of the limit without a break for `forMs`. A figure that hovers
 *   around the limit therefore fires once.
 */
export interface ThresholdState {
  firing: boolean;
  /** Since when what would end this state has been true without a break; null while it is not. */
  since: Instant | null;
}

export const QUIET: ThresholdState = { firing: false, since: null };

/** How far back, as a part of the limit, a figure must be before it is well again. */
export const MARGIN = 0.1;

/** The state after one look. Null is no figure, as without requests: it proves nothing and begins the time anew. */
export function watchThreshold(
  state: ThresholdState,
  { sign, limit }: Threshold,
  value: number | null,
  now: Instant,
  forMs: number,
): ThresholdState {
  const leaving = value !== null && (state.firing ? isBack(sign, limit, value) : isBeyond(sign, limit, value));
  if (!leaving) return state.since === null ? state : { ...state, since: null };
  const since = state.since ?? now;
  if (now - since >= forMs) return { firing: !state.firing, since: null };
  return state.since === null ? { ...state, since } : state;
}

export function isBeyond(sign: ComparisonSign, limit: number, value: number): boolean {
  switch (sign) {
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
  }
}

/** Never both beyond and back: at a limit of 0 the margin is nothing, and not beyond is back. */
const isBack = (sign: ComparisonSign, limit: number, value: number): boolean =>
  !isBeyond(sign, limit, value) &&
  (sign.startsWith(">") ? value <= limit * (1 - MARGIN) : value >= limit * (1 + MARGIN));
