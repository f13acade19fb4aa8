import { LogHistogram, type RevisionStats, type RouteObservation, type Weight, weightOf } from "@sluice/core";

/** What one arm did between two samples. */
export interface ArmSample {
  requests: number;
  errors: number;
  /** p50, p95 and p99 in milliseconds; null without an answer. */
  latency: readonly [number, number, number] | null;
}

/** ln e-values that the candidate is worse: the gateway's guard, and the pooled judge; null where there is none. */
export interface Evidence {
  guard: number | null;
  judge: number | null;
}

/** One moment of a rollout. */
export interface Sample extends Evidence {
  /** Since the one before. */
  ms: number;
  /** The candidate's share, as the data plane applies it. */
  weight: Weight;
  stable: ArmSample;
  candidate: ArmSample;
}

/** Cumulative counts as they were at a moment. */
export interface Reading {
  at: number;
  stats: readonly RevisionStats[];
}

interface Arms {
  stable: number | null;
  candidate: number;
}

/** What happened since `before`. A gateway that began anew counts from nothing, and so do we then. Pure. */
export function sampleOf(
  before: Reading,
  route: RouteObservation,
  { stable, candidate }: Arms,
  { at, guard, judge }: Evidence & { at: number },
): Sample {
  const armOf = (revision: number | null): ArmSample =>
    arm(
      before.stats.find((stats) => stats.revision === revision),
      route.stats.find((stats) => stats.revision === revision),
    );
  return {
    ms: at - before.at,
    weight: weightOf(route.split, candidate),
    stable: armOf(stable),
    candidate: armOf(candidate),
    guard,
    judge,
  };
}

const QUANTILES = [0.5, 0.95, 0.99] as const;

function arm(before: RevisionStats | undefined, now: RevisionStats | undefined): ArmSample {
  if (now === undefined) return { requests: 0, errors: 0, latency: null };
  const from = before !== undefined && before.requests <= now.requests ? before : undefined;
  const counted = new Map(from?.latency ?? []);
  const between = now.latency.map(([bin, count]): [number, number] => [
    bin,
    Math.max(0, count - (counted.get(bin) ?? 0)),
  ]);
  const latency = LogHistogram.fromSparse(between);
  const [p50, p95, p99] = QUANTILES.map((q) => finite(latency.quantile(q)));
  return {
    requests: now.requests - (from?.requests ?? 0),
    errors: Math.max(0, now.errors - (from?.errors ?? 0)),
    latency: p50 == null || p95 == null || p99 == null ? null : [p50, p95, p99],
  };
}

/** Above the last edge there is no number; JSON has no infinity. */
const finite = (value: number | null): number | null => (value === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : value);

/** Of its traffic, the first twenty minutes are kept as they come; of older ones, one in ever longer times: a day takes some thousand samples. */
const SHORTEST_MS = 2_000;
const PARTS = 600;
/** Samples a second of all rollouts together. */
const MOST_A_SECOND = 100;

/** How long after a sample the next one is due. Milliseconds. */
export const nextSampleMs = (ageMs: number, active: number): number =>
  Math.max(SHORTEST_MS, ageMs / PARTS, (active / MOST_A_SECOND) * 1_000);
