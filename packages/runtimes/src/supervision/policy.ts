/** What the runtime says of its own doings; pino's shape. */
export interface RuntimeLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LogLimits {
  /** Bytes at which a stream's file is rotated. */
  maxBytes: number;
  /** Rotated files kept beside the current one. */
  keep: number;
}

/** How patient the runtime is; all in milliseconds unless said otherwise. */
export interface Policy {
  backoffMinMs: number;
  backoffMaxMs: number;
  /** Ready this long without a break: earlier exits are forgotten. */
  stableMs: number;
  /** Exits in a row of an instance that was never ready. */
  crashLoopExitsBeforeReady: number;
  /** Exits within `crashLoopWindowMs` of an instance that has been ready. */
  crashLoopExits: number;
  crashLoopWindowMs: number;
  /** Between leaving the ready state and SIGTERM: time for the gateway to look away. */
  drainMs: number;
  /** Launches in a row on another port, after the port turned out to be taken. */
  portRetries: number;
}

export const DEFAULT_POLICY: Policy = {
  backoffMinMs: 250,
  backoffMaxMs: 30_000,
  stableMs: 60_000,
  crashLoopExitsBeforeReady: 3,
  crashLoopExits: 5,
  crashLoopWindowMs: 120_000,
  drainMs: 500,
  portRetries: 5,
};

export const DEFAULT_LOG_LIMITS: LogLimits = { maxBytes: 10 * 1024 * 1024, keep: 3 };

export const SILENT: RuntimeLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
