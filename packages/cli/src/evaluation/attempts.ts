import { setTimeout as pause } from "node:timers/promises";
import { CallError } from "./request.ts";

export interface Retry {
  /** How often it is tried in all. */
  attempts: number;
  /** Milliseconds before the second attempt; doubled before each further one. */
  firstDelayMs: number;
}

export const RETRY: Retry = { attempts: 4, firstDelayMs: 500 };

/** Longest wait before an attempt, also when the other side asks for more. */
const MAX_DELAY_MS = 30_000;

/** Calls until it succeeds, as long as its failures are transient and attempts are left. Throws the last failure. */
export async function withAttempts<Value>(
  call: () => Promise<Value>,
  { attempts, firstDelayMs }: Retry,
  signal: AbortSignal,
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (!error.transient || attempt >= attempts) {
        throw attempt === 1 ? error : new CallError(`${error.message} (${attempt} attempts)`, error);
      }
      const delay = error.retryAfterMs ?? firstDelayMs * 2 ** (attempt - 1);
      await pause(Math.min(MAX_DELAY_MS, delay), undefined, { signal });
    }
  }
}
