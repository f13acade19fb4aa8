import { ApiFailure, Unanswered } from "./failure.ts";

/** How a request is repeated: every one of ours may be, since each says what is to be rather than what is to change. */
export interface RetryPolicy {
  attempts: number;
  firstMs: number;
  mostMs: number;
}

export const RETRY: RetryPolicy = { attempts: 5, firstMs: 100, mostMs: 5_000 };

/** Longer than a caller waits; what asks for more patience is told to whoever called, who comes again. */
const MOST_PATIENCE_MS = 10_000;

/** Answers that another attempt may change. A conflict is not among them: only who read the object can say what is right. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Milliseconds to wait before the next attempt, or null when there is none: `attempt` counts from 1. `random` is in [0, 1).
 * What the server says in Retry-After is kept to.
 */
export function retryAfter(
  error: unknown,
  attempt: number,
  random: number,
  policy: RetryPolicy = RETRY,
): number | null {
  if (attempt >= policy.attempts || !isPassing(error)) return null;
  const told = error instanceof ApiFailure ? error.retryAfterMs : null;
  if (told !== null && told > MOST_PATIENCE_MS) return null;
  const doubled = Math.min(policy.mostMs, policy.firstMs * 2 ** (attempt - 1));
  return Math.max(told ?? 0, doubled * (0.5 + random / 2));
}

const isPassing = (error: unknown): boolean =>
  error instanceof Unanswered || (error instanceof ApiFailure && PASSING.has(error.status));
