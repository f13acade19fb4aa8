import type { ResourceUsage } from "@sluice/core";

/** Measures what instances use, every now and then. */
export interface UsageSampler {
  /** The last measurement of the instance while it runs with this pid; null before there is one. */
  of(id: string, pid: number | null): ResourceUsage | null;
  close(): Promise<void>;
}
