import { numberOf } from "./text.ts";
import type { Config, PresentConfig } from "./types.ts";

/** When an instance counts as healthy, and how long is waited for it, as it is written. Seconds, but for `retries`. */
export interface HealthDraft {
  path: string;
  interval: string;
  timeout: string;
  retries: string;
  /** Of a stream, which answers on no port. Empty: what the API takes where nothing is said. */
  ready: string;
  heartbeat: string;
  progress: string;
  stop: string;
}

/** What the API takes where nothing is said. */
export const HEALTH_DEFAULTS = {
  healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 3 },
  progressDeadlineSeconds: 600,
  stopSeconds: 30,
} as const;

export function healthFrom(config: PresentConfig | undefined): HealthDraft {
  const { healthCheck, progressDeadlineSeconds, stopSeconds } = config ?? HEALTH_DEFAULTS;
  const { readySeconds, heartbeatSeconds } = config?.healthCheck ?? {};
  return {
    path: healthCheck.path ?? "",
    interval: String(healthCheck.intervalSeconds),
    timeout: String(healthCheck.timeoutSeconds),
    retries: String(healthCheck.retries),
    ready: String(readySeconds ?? ""),
    heartbeat: String(heartbeatSeconds ?? ""),
    progress: String(progressDeadlineSeconds),
    stop: String(stopSeconds),
  };
}

export const healthOf = ({ path, interval, timeout, retries, ready, heartbeat, progress, stop }: HealthDraft) =>
  ({
    healthCheck: {
      path: path.trim() || null,
      intervalSeconds: numberOf(interval),
      timeoutSeconds: numberOf(timeout),
      retries: numberOf(retries),
      ...(ready.trim() !== "" && { readySeconds: numberOf(ready) }),
      ...(heartbeat.trim() !== "" && { heartbeatSeconds: numberOf(heartbeat) }),
    },
    progressDeadlineSeconds: numberOf(progress),
    stopSeconds: numberOf(stop),
  }) satisfies Config;

/** Whether something is written that the API would not take anyway; the path has a field of its own. */
export function saysHealth({ path: _, ...draft }: HealthDraft): boolean {
  const { path: __, ...usual } = healthFrom(undefined);
  return JSON.stringify(draft) !== JSON.stringify(usual);
}
