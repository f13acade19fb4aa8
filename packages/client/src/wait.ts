import { isPassing } from "./api-error.ts";
import { sleep } from "./sleep.ts";
import type { Phase, Rollout } from "./types.ts";

export const TERMINAL_PHASES = [
  "completed",
  "rolled_back",
  "gates_failed",
  "failed",
  "cancelled",
  "superseded",
] as const satisfies readonly Phase[];

export const isFinished = (rollout: Pick<Rollout, "phase">): boolean =>
  TERMINAL_PHASES.some((phase) => phase === rollout.phase);

export interface WaitOptions {
  /** Milliseconds, to which the last look may add up to 5 000; absent: for ever. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds between two looks. Default 500. */
  intervalMs?: number | undefined;
  /** Called with every look. */
  onUpdate?: ((rollout: Rollout) => void) | undefined;
  /**
   * Milliseconds for which a server that has no answer is asked again, since its last one: it may be starting again, or
   * wait for its database. The first look has to succeed. Default 60 000.
   */
  patienceMs?: number | undefined;
  /** Called with the first failure of each time without answers. */
  onSilence?: ((error: Error) => void) | undefined;
}

/** The time given to `waitForRollout` is over and the rollout is still going on. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
  readonly rollout: Rollout;

  constructor(rollout: Rollout, timeoutMs: number) {
    super(`rollout ${rollout.id} is still ${rollout.phase} after ${Math.round(timeoutMs / 1_000)} s`);
    this.rollout = rollout;
  }
}

/** The least time that a look has to be answered, in milliseconds, also when the time to wait is over by then. */
const LEAST_LOOK = 5_000;
/** The longest that a timer of Node's can be set to, in milliseconds. */
const LONGEST_TIMER = 2_147_483_647;

export type Look = (signal: AbortSignal) => Promise<Rollout>;

/**
 * Looks at a rollout until it is in a terminal phase and resolves with it, whatever that phase is. The first look takes
 * its time; later ones are given up, and told so by the signal handed to them, when the time is over.
 */
export async function waitForRollout(look: Look, options: WaitOptions = {}): Promise<Rollout> {
  const { timeoutMs = Number.POSITIVE_INFINITY, intervalMs = 500, signal } = options;
  const deadline = performance.now() + timeoutMs;
  const patient = patiently(look, options);
  let rollout = await within(patient, Number.POSITIVE_INFINITY, signal);
  for (;;) {
    options.onUpdate?.(rollout);
    if (isFinished(rollout)) return rollout;
    const left = deadline - performance.now();
    if (left <= 0) throw new WaitTimeoutError(rollout, timeoutMs);
    await sleep(Math.min(intervalMs, left), signal);
    const silent = new WaitTimeoutError(rollout, timeoutMs);
    rollout = await within(patient, Math.max(deadline - performance.now(), LEAST_LOOK), signal, silent);
  }
}

/** A look's answer. Rejects with the signal's reason when it is aborted, and with `late` after `ms` milliseconds. */
async function within(look: Look, ms: number, signal: AbortSignal | undefined, late?: Error): Promise<Rollout> {
  signal?.throwIfAborted();
  const given = new AbortController();
  const up = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    up.reject(reason);
    given.abort(reason);
  };
  const abort = () => end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const timer = ms > LONGEST_TIMER ? undefined : setTimeout(() => end(late), ms);
  try {
    return await Promise.race([look(given.signal), up.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Answers the last look again while the server has no answer, for a while. */
function patiently(look: Look, { patienceMs = 60_000, onSilence }: WaitOptions) {
  let last: { rollout: Rollout; at: number } | null = null;
  let silent = false;
  return async (signal: AbortSignal): Promise<Rollout> => {
    try {
      const rollout = await look(signal);
      last = { rollout, at: performance.now() };
      silent = false;
      return rollout;
    } catch (error) {
      if (!isPassing(error) || last === null || performance.now() - last.at > patienceMs) throw error;
      if (!silent) onSilence?.(error);
      silent = true;
      return last.rollout;
    }
  };
}
