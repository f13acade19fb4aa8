import type { TerminalPhase } from "@sluice/core";

/** What counts of a rollout that has ended. Times are milliseconds since 1970. */
export interface EndedRollout {
  outcome: TerminalPhase;
  /** Whether its environment is of tier production: only those are measured. */
  isProduction: boolean;
  /** It brings back what served before: it is no change of its own. */
  isReturn: boolean;
  /** Whether any caller may have reached its version. */
  hadTraffic: boolean;
  endedAt: number;
  /** When all callers had its version; also of one that was rolled back later. Null: that never came to be. */
  completedAt: number | null;
  /** When the version that it brings was created. */
  versionCreatedAt: number;
  /** Whether the same deployment had completed a rollout of the same version before. */
  isRepeated: boolean;
  /** When harm was first noted, or the way back began; null where nothing turned it back. */
  harmAt: number | null;
  /** When the version before had all callers again; null while it has not, and where nothing turned it back. */
  restoredAt: number | null;
}

const OUTCOMES = ["completed", "rolledBack", "failed", "cancelled", "superseded"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOME_OF: Readonly<Record<TerminalPhase, Outcome>> = {
  completed: "completed",
  rolled_back: "rolledBack",
  failed: "failed",
  gates_failed: "failed",
  cancelled: "cancelled",
  superseded: "superseded",
};

export type DayCount = { day: string } & Record<Outcome, number>;

export interface Insight {
  /** Oldest first; every day of the window. */
  byDay: DayCount[];
  completed: number;
  perDay: number;
  leadTime: Median;
  changes: number;
  failures: number;
  failureRate: number | null;
  timeToRestore: Median;
}

/** `seconds` is null where nothing counts. */
export interface Median {
  seconds: number | null;
  count: number;
}

export interface InsightWindow {
  /** Milliseconds since 1970; what ended before does not count. */
  from: number;
  to: number;
  days: number;
  /** IANA name: where a day begins and ends. */
  timezone: string;
}

/** How often versions come, how long they take, how often they do harm, and how long that lasts (DORA's four measures). */
export function insightOf(rollouts: readonly EndedRollout[], window: InsightWindow): Insight {
  const changes = rollouts.filter(({ isProduction, isReturn }) => isProduction && !isReturn);
  const completed = changes.filter(({ completedAt }) => completedAt !== null && completedAt >= window.from);
  const reached = changes.filter(({ hadTraffic }) => hadTraffic);
  const failures = reached.filter(({ outcome }) => outcome === "rolled_back" || outcome === "failed");
  return {
    byDay: countByDay(rollouts, window),
    completed: completed.length,
    perDay: completed.length / window.days,
    leadTime: median(
      completed.flatMap(({ completedAt, versionCreatedAt, isRepeated }) =>
        completedAt === null || isRepeated ? [] : [completedAt - versionCreatedAt],
      ),
    ),
    changes: reached.length,
    failures: failures.length,
    failureRate: reached.length === 0 ? null : failures.length / reached.length,
    timeToRestore: median(
      failures.flatMap(({ harmAt, restoredAt }) =>
        harmAt === null || restoredAt === null ? [] : [restoredAt - harmAt],
      ),
    ),
  };
}

const DAY_MS = 86_400_000;

function countByDay(rollouts: readonly EndedRollout[], { to, days, timezone }: InsightWindow): DayCount[] {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" });
  // Counted from the calendar and not in steps of 24 hours: where clocks change, a day has 23 or 25.
  const last = Date.parse(`${format.format(to)}T00:00:00Z`);
  const counts = new Map<string, DayCount>();
  for (let back = days - 1; back >= 0; back -= 1) {
    const day = new Date(last - back * DAY_MS).toISOString().slice(0, 10);
    counts.set(day, { day, completed: 0, rolledBack: 0, failed: 0, cancelled: 0, superseded: 0 });
  }
  for (const { endedAt, outcome } of rollouts) {
    const count = counts.get(format.format(endedAt));
    if (count !== undefined) count[OUTCOME_OF[outcome]] += 1;
  }
  return [...counts.values()];
}

function median(milliseconds: readonly number[]): Median {
  const sorted = milliseconds.map((value) => Math.max(0, value)).sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) return { seconds: null, count: 0 };
  return { seconds: (upper + lower) / 2_000, count: sorted.length };
}
