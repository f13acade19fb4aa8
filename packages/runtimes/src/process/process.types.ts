import type { Instant } from "@sluice/core";
import type { LogLimits, Policy, RuntimeLogger } from "../supervision/policy.ts";

export interface ProcessRuntimeOptions {
  /** Absolute folder; everything is kept in `instances/` inside it. */
  dataDir: string;
  /** The caller's environment. Instances get PATH, HOME, TMPDIR, LANG and TZ of it, and nothing else. */
  baseEnv: Record<string, string | undefined>;
  clock?: () => Instant;
  logger?: RuntimeLogger;
  logs?: Partial<LogLimits>;
  policy?: Partial<Policy>;
}
