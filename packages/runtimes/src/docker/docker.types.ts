import type { Instant } from "@sluice/core";
import type { LogLimits, Policy, RuntimeLogger } from "../supervision/policy.ts";
import type { DaemonAddress } from "./daemon.address.ts";

/**
 * Where a container's port is reached: on the daemon's machine, where it is published on one address alone, or at the
 * container's own address, for servers that are in its network themselves.
 */
export const REACHES = ["published", "container"] as const;
export type Reach = (typeof REACHES)[number];

export interface DockerRuntimeOptions {
  /** Absolute; what is wished of this daemon, and the output of its containers, are kept in it. */
  folder: string;
  daemon: DaemonAddress;
  /** Default: published. */
  reach?: Reach;
  /** Absolute folder of Docker's `config.json`, where credentials of registries are. */
  configFolder?: string;
  /** PATH and HOME are for programs that keep credentials. */
  programEnv: Record<string, string | undefined>;
  clock?: () => Instant;
  logger?: RuntimeLogger;
  logs?: Partial<LogLimits>;
  policy?: Partial<Policy>;
}
