import type { HealthCheck, Instant } from "@sluice/core";
import type { ProbeResult } from "./instance.ts";

/** What a stream that says nothing else must have lived to count as ready. Seconds. */
const READY_AFTER = 5;

interface Pulse {
  startedAt: Instant;
  /** When `SLUICE_HEARTBEAT_FILE` was last written; null: not yet. */
  lastBeat: Instant | null;
}

/** One look at a stream, which has no port to ask: the last heartbeat, or how long it has lived. */
export function judgePulse({ startedAt, lastBeat: last }: Pulse, health: HealthCheck, now: Instant): ProbeResult {
  const { heartbeatSeconds, readySeconds = READY_AFTER } = health;
  if (heartbeatSeconds !== undefined) {
    if (last === null) return { ok: false, reason: "has not written SLUICE_HEARTBEAT_FILE yet" };
    const silent = Math.floor((now - last) / 1_000);
    if (silent <= heartbeatSeconds) return { ok: true };
    return { ok: false, reason: `no heartbeat for ${silent} s; at least one every ${heartbeatSeconds} s is needed` };
  }
  const lived = (now - startedAt) / 1_000;
  if (last !== null || lived >= readySeconds) return { ok: true };
  return { ok: false, reason: `has lived ${Math.floor(lived)} of ${readySeconds} s` };
}
