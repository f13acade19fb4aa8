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
  /** Milliseconds; absent: for ever. */
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

/** Looks at a rollout until it is in a terminal phase and resolves with it, whatever that phase is. */
export async function waitForRollout(look: () => Promise<Rollout>, options: WaitOptions = {}): Promise<Rollout> {
  const { timeoutMs = Number.POSITIVE_INFINITY, intervalMs = 500, signal } = options;
  const deadline = performance.now() + timeoutMs;
  const patient = patiently(look, options);
  for (;;) {
    const rollout = await patient();
    options.onUpdate?.(rollout);
    if (isFinished(rollout)) return rollout;
    const left = deadline - performance.now();
    if (left <= 0) throw new WaitTimeoutError(rollout, timeoutMs);
    await sleep(Math.min(intervalMs, left), signal);
  }
}

/** Answers the last look again while the server has no answer, for a while. */
function patiently(look: () => Promise<Rollout>, { patienceMs = 60_000, onSilence }: WaitOptions) {
  let last: { rollout: Rollout; at: number } | null = null;
  let silent = false;
  return async (): Promise<Rollout> => {
    try {
      const rollout = await look();
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
