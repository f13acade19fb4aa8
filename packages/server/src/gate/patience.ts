import { type Instant, seconds } from "@sluice/core";

/**
 * Remembers whom we asked in vain, so that a service that is down is not asked again at once: after 1 s, then after twice
 * as long each time, at most 30 s. Kept in memory: after a restart everybody is asked once more.
 */
export interface Patience {
  /** What was the matter when it was asked last, while it is too early to ask again; null when it may be asked. */
  tooEarly(key: string): string | null;
  inVain(key: string, reason: string): void;
  answered(key: string): void;
}

const FIRST = seconds(1);
const LONGEST = seconds(30);

/** Keys that are remembered; beyond, those asked longest ago are forgotten. */
const MOST = 10_000;

export function createPatience(now: () => Instant): Patience {
  const waits = new Map<string, { until: Instant; wait: number; reason: string }>();
  return {
    tooEarly(key) {
      const waiting = waits.get(key);
      return waiting !== undefined && waiting.until > now() ? waiting.reason : null;
    },
    inVain(key, reason) {
      const wait = Math.min(LONGEST, (waits.get(key)?.wait ?? FIRST / 2) * 2);
      waits.delete(key);
      waits.set(key, { until: now() + wait, wait, reason });
      const [oldest] = waits.keys();
      if (waits.size > MOST && oldest !== undefined) waits.delete(oldest);
    },
    answered: (key) => void waits.delete(key),
  };
}
