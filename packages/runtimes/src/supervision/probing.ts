import { setTimeout as delay } from "node:timers/promises";
import type { HealthCheck } from "@sluice/core";
import type { Watcher } from "./driver.ts";
import type { ProbeResult } from "./instance.ts";

/** Between probes until the first success, so that a fast program is ready fast. */
const FIRST_PROBES_MS = 75;

/** One look at an instance. */
export type Look = (health: HealthCheck, signal: AbortSignal) => Promise<ProbeResult>;

/** Looks at an instance again and again. `look` is null where its own end is all there is to see. */
export async function probeUntil(
  signal: AbortSignal,
  look: Look | null,
  { check, onProbe }: Pick<Watcher, "check" | "onProbe">,
): Promise<void> {
  if (look === null) return;
  while (!signal.aborted) {
    const health = check();
    if (health === null) return;
    const result = await look(health, signal);
    if (signal.aborted) return;
    const pause = onProbe(result) ? health.intervalSeconds * 1_000 : FIRST_PROBES_MS;
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
}
