import type { GuardReport, MetricEvidence, RevisionStats, RouteObservation, ShadowReport, Split } from "@sluice/core";
import { LogHistogram, sameSplit } from "@sluice/core";

/** What one of several gateways says of a route; null: it has none. */
export interface Said {
  gateway: string;
  route: RouteObservation | null;
}

/** So many examples are shown. */
const EXAMPLES = 5;

/**
 * What several gateways do for one route, as if they were one; null when none has it.
 *
 * - The epoch is the oldest of all, and 0 while one has no such route: what was written last is in force when all have it.
 * - The split is what all of them do, and empty while they differ: then nobody can say what callers get.
 * - Counts add up. What each counted is kept apart besides, as the pooled judge takes gateways for strata (ANALYSIS §13).
 * - Of the guards, the one with the most evidence speaks, against its own bound; one that has closed has closed for all. Each is
 *   a test at its own share of α, so the first of them to close is right as often as was promised. Evidence of different gateways
 *   is not multiplied: that would be another test, which nobody announced, and the pooled judge is there to do it well.
 */
export function mergedRoute(said: readonly Said[]): RouteObservation | null {
  const present = said.flatMap(({ gateway, route }) => (route === null ? [] : [{ gateway, route }]));
  const [first] = present;
  if (first === undefined) return null;
  const routes = present.map(({ route }) => route);
  const complete = present.length === said.length;
  const newest = routes.reduce((left, right) => (right.epoch > left.epoch ? right : left));
  const hypothesis = newest.guard?.hypothesis;
  const guards = present.flatMap(({ gateway, route: { guard } }) =>
    guard !== null && guard.hypothesis === hypothesis ? [{ gateway, guard }] : [],
  );
  const shadows = routes.flatMap(({ shadow }) =>
    shadow?.hypothesis === newest.shadow?.hypothesis ? (shadow ?? []) : [],
  );
  return {
    id: first.route.id,
    epoch: complete ? Math.min(...routes.map(({ epoch }) => epoch)) : 0,
    split: complete ? commonSplit(routes) : [],
    usable: usableByAll(routes),
    stats: addedStats(routes),
    guard: mergedGuard(guards),
    counts: null,
    shadow: mergedShadow(shadows),
    members: present.map(({ gateway, route: { stats, counts = null } }) => ({ gateway, stats, counts })),
  };
}

function commonSplit([first, ...others]: readonly RouteObservation[]): Split {
  if (first === undefined) return [];
  return others.every(({ split }) => sameSplit(split, first.split)) ? first.split : [];
}

/** As many endpoints as the gateway has that has the fewest. */
function usableByAll(routes: readonly RouteObservation[]): RouteObservation["usable"] {
  const fewest = new Map<number, number>();
  for (const { usable } of routes) {
    for (const { revision, endpoints } of usable) {
      fewest.set(revision, Math.min(fewest.get(revision) ?? Number.POSITIVE_INFINITY, endpoints));
    }
  }
  return [...fewest].map(([revision, endpoints]) => ({ revision, endpoints }));
}

export function addedStats(routes: readonly RouteObservation[]): RevisionStats[] {
  const byRevision = new Map<number, RevisionStats>();
  for (const stats of routes.flatMap((route) => route.stats)) {
    const known = byRevision.get(stats.revision);
    byRevision.set(stats.revision, known === undefined ? stats : added(known, stats));
  }
  return [...byRevision.values()];
}

function added(left: RevisionStats, right: RevisionStats): RevisionStats {
  const latency = LogHistogram.fromSparse(left.latency);
  latency.add(LogHistogram.fromSparse(right.latency).counts);
  const classes = Object.keys(left.status) as (keyof RevisionStats["status"])[];
  return {
    revision: left.revision,
    requests: left.requests + right.requests,
    status: {
      ...left.status,
      ...Object.fromEntries(classes.map((one) => [one, left.status[one] + right.status[one]])),
    },
    errors: left.errors + right.errors,
    aborted: left.aborted + right.aborted,
    bytesIn: left.bytesIn + right.bytesIn,
    bytesOut: left.bytesOut + right.bytesOut,
    inFlight: left.inFlight + right.inFlight,
    latency: latency.toSparse(),
  };
}

function mergedGuard(guards: readonly { gateway: string; guard: GuardReport }[]): GuardReport | null {
  const [first, ...others] = guards;
  if (first === undefined || others.length === 0) return first?.guard ?? null;
  const strongest = guards.reduce((left, right) => (right.guard.logEvidence > left.guard.logEvidence ? right : left));
  const sum = (count: (guard: GuardReport) => number): number =>
    guards.reduce((total, { guard }) => total + count(guard), 0);
  const closed = guards
    .flatMap(({ gateway, guard }) => (guard.closed === null ? [] : [{ gateway, ...guard.closed }]))
    .sort((left, right) => left.at - right.at)[0];
  const droppedTicks = sum((guard) => guard.droppedTicks ?? 0);
  return {
    hypothesis: first.guard.hypothesis,
    logEvidence: strongest.guard.logEvidence,
    maxLogEvidence: Math.max(...guards.map(({ guard }) => guard.maxLogEvidence)),
    bound: strongest.guard.bound,
    metrics: strongest.guard.metrics.map((metric) => figuresOfAll(metric, guards)),
    samples: { stable: sum(({ samples }) => samples.stable), candidate: sum(({ samples }) => samples.candidate) },
    errors: { stable: sum(({ errors }) => errors.stable), candidate: sum(({ errors }) => errors.candidate) },
    closed:
      closed === undefined
        ? null
        : { at: closed.at, metric: closed.metric, reason: `${closed.reason} (seen by ${closed.gateway})` },
    ...(droppedTicks > 0 && { droppedTicks }),
  };
}

/** The evidence is the strongest guard's; the figures are those of all, each by how many requests it is of. */
function figuresOfAll(metric: MetricEvidence, guards: readonly { guard: GuardReport }[]): MetricEvidence {
  const mean = (arm: "stable" | "candidate"): number | null => {
    const parts = guards.flatMap(({ guard }) => {
      const figure = guard.metrics.find(({ name }) => name === metric.name)?.[arm] ?? null;
      return figure === null ? [] : [{ figure, weight: guard.samples[arm] }];
    });
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    return total === 0 ? metric[arm] : parts.reduce((sum, { figure, weight }) => sum + figure * weight, 0) / total;
  };
  return { ...metric, stable: mean("stable"), candidate: mean("candidate") };
}

type Shadow = ShadowReport & { hypothesis: string };

function mergedShadow(shadows: readonly Shadow[]): Shadow | null {
  const [first, ...others] = shadows;
  if (first === undefined) return null;
  return others.reduce((left, right) => {
    const bodies =
      left.bodyMismatches === null && right.bodyMismatches === null
        ? null
        : (left.bodyMismatches ?? 0) + (right.bodyMismatches ?? 0);
    return {
      hypothesis: left.hypothesis,
      compared: left.compared + right.compared,
      skipped: left.skipped + right.skipped,
      statusMismatches: left.statusMismatches + right.statusMismatches,
      bodyMismatches: bodies,
      bodiesSkipped: left.bodiesSkipped + right.bodiesSkipped,
      latencyMs: {
        stable: slower(left.latencyMs.stable, right.latencyMs.stable),
        candidate: slower(left.latencyMs.candidate, right.latencyMs.candidate),
      },
      examples: [...left.examples, ...right.examples].slice(0, EXAMPLES),
    };
  }, first);
}

type Quantiles = ShadowReport["latencyMs"]["stable"];

/** Quantiles do not add up: those of the slower gateway are shown, which are never too good. */
function slower(left: Quantiles, right: Quantiles): Quantiles {
  if (left === null || right === null) return left ?? right;
  return left.p95 >= right.p95 ? left : right;
}
