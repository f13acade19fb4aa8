/** A stretch of time that one judgement looks at, in minutes since the canary began (or any unit that is used throughout). */
export interface JudgementWindow {
  start: number;
  end: number;
}

export interface JudgementSchedule {
  /** From one judgement to the next. */
  interval: number;
  /** Warm-up that is never looked at. */
  beginAfter: number;
  /** How far each judgement looks back; 0 looks back to the beginning. */
  lookback: number;
}

/** What the `number`-th judgement (from 1) looks at. Growing windows look at the same data again: each is one more look. */
export function judgementWindow(
  { interval, beginAfter, lookback }: JudgementSchedule,
  number: number,
): JudgementWindow {
  const end = beginAfter + number * interval;
  return { start: lookback > 0 ? Math.max(beginAfter, end - lookback) : beginAfter, end };
}

/** The control's stretch of time, `offset` before the experiment's, for a metric that has no concurrent baseline. */
export const controlWindow = ({ start, end }: JudgementWindow, offset: number): JudgementWindow => ({
  start: start - offset,
  end: end - offset,
});
