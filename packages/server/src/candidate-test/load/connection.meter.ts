import { createHistogram } from "node:perf_hooks";
import type { LoadFigures } from "@sluice/core";

/** What happens on one connection, where one request at a time is under way. Times in milliseconds of one clock. */
export interface ConnectionMeter {
  requested(at: number): void;
  headed(head: { keepAlive: boolean }): void;
  answered(status: number, at: number): void;
}

export interface LoadMeter {
  connection(): ConnectionMeter;
  counts(): { requests: number; failed: number };
  /** What was counted until the end at `at`. Asked once. */
  figures(at: number, run: { seconds: number; stoppedEarly: string | null }): LoadFigures;
}

interface Pending {
  since: number;
  /** Written to a connection whose last answer said that it closes: nobody will read it, and that is nobody's failure. */
  doomed: boolean;
}

/**
 * Counts what becomes of every request. The generator's own figures are not enough: they leave out requests lost to a
 * connection that was closed, and garbage; they time wrongly behind an answer with `connection: close`; and they have no
 * 95th percentile.
 *
 * A request is lost when the next one begins on its connection before it was answered. At the end, one that waits for
 * longer than `limitMs` is late by as much as is known; a younger one does not count.
 */
export function createLoadMeter(limitMs: number): LoadMeter {
  /** Microseconds, with three significant digits (HDR histogram). */
  const latency = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 });
  const counted = { succeeded: 0, serverErrors: 0, late: 0, unanswered: 0 };
  const waiting = new Set<{ pending: Pending | null }>();
  let connections = 0;
  const record = (ms: number) => latency.record(Math.max(1, Math.round(ms * 1_000)));

  return {
    connection() {
      const state: { pending: Pending | null } = { pending: null };
      let closes = false;
      connections += 1;
      waiting.add(state);
      return {
        requested(at) {
          if (state.pending !== null && !state.pending.doomed) counted.unanswered += 1;
          state.pending = { since: at, doomed: closes };
          closes = false;
        },
        headed({ keepAlive }) {
          closes = !keepAlive;
        },
        answered(status, at) {
          const { pending } = state;
          if (pending === null) return;
          state.pending = null;
          const ms = Math.max(0, at - pending.since);
          record(ms);
          if (status >= 500) counted.serverErrors += 1;
          else if (ms > limitMs) counted.late += 1;
          else counted.succeeded += 1;
        },
      };
    },
    counts() {
      const { succeeded, serverErrors, late, unanswered } = counted;
      const failed = serverErrors + late + unanswered;
      return { requests: succeeded + failed, failed };
    },
    figures(at, { seconds, stoppedEarly }) {
      for (const { pending } of waiting) {
        if (pending === null || pending.doomed || at - pending.since <= limitMs) continue;
        counted.late += 1;
        record(at - pending.since);
      }
      const { succeeded, serverErrors, late, unanswered } = counted;
      const percentile = (percent: number) => latency.percentile(percent) / 1_000;
      return {
        seconds,
        connections,
        requests: succeeded + serverErrors + late + unanswered,
        succeeded,
        serverErrors,
        late,
        unanswered,
        latencyMs:
          latency.count === 0
            ? null
            : {
                mean: latency.mean / 1_000,
                p50: percentile(50),
                p95: percentile(95),
                p99: percentile(99),
                max: latency.max / 1_000,
              },
        stoppedEarly,
      };
    },
  };
}
