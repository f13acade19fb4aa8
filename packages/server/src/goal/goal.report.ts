import {
  beginGoal,
  FULL_WEIGHT,
  type GoalReport,
  type GoalTotals,
  type Instant,
  judgeGoal,
  type Rollout,
  type RouteObservation,
  reportGoal,
  weightOf,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import { appendEvents } from "../event/event.store.ts";
import { countsOf, findGoal, type StoredGoal, saveGoal } from "./goal.store.ts";

type Arms = StoredGoal["counters"];

/**
 * What an A/B test's goal says now; null for other rollouts, without a goal, and before the gateway confirmed the split.
 * To be called by the clock or when traffic changes, one call at a time for a rollout, and never because a goal was
 * reported: evidence whose looks depend on outcomes would not be valid. The first winner is an event of the rollout.
 */
export async function goalReport(
  db: Kysely<Database>,
  rollout: Rollout,
  observation: RouteObservation | null,
  now: Instant,
): Promise<GoalReport | null> {
  const { strategy, fromRevision, toRevision } = rollout;
  if (strategy.type !== "ab" || strategy.goal === null || fromRevision === null || fromRevision === toRevision)
    return null;
  const { goal } = strategy;
  const alpha = strategy.analysis.falseRollbackRate;
  const revisions = { stable: fromRevision, candidate: toRevision };
  const report = (known: StoredGoal, totals: GoalTotals): GoalReport =>
    reportGoal(known.judge, totals, { goal, alpha, revisions });

  const known = await findGoal(db, rollout.id);
  if (observation === null || !isRunning(rollout)) return known === null ? null : report(known, known.judge.judged);
  const share = nominalShare(rollout, observation);
  const counters = countersOf(observation, revisions);
  const counts = await countsOf(db, rollout.deployment, goal);
  const counted: Arms = { stable: counts.get(fromRevision) ?? 0, candidate: counts.get(toRevision) ?? 0 };
  if (known === null) {
    const begun: StoredGoal = { judge: beginGoal(share), counters, before: counted };
    await saveGoal(db, rollout.id, begun, now);
    return report(begun, begun.judge.judged);
  }

  const base = baseOf(known.counters, counters);
  const totals = totalsOf({ ...known, counters: base }, counters, counted);
  const judge = judgeGoal(known.judge, totals, share, alpha);
  if (judge === known.judge && base === known.counters) return report(known, totals);
  const next: StoredGoal = { ...known, judge, counters: judge === known.judge ? base : counters };
  const result = report(next, totals);
  const decided = judge.winner !== null && known.judge.winner === null;
  await db.transaction().execute(async (tx) => {
    await saveGoal(tx, rollout.id, next, now);
    if (decided) await appendEvents(tx, [decision(rollout, result, now)]);
  });
  return result;
}

/** Between the confirmed split and the end of the time for it: then requests of both arms are alike but for the arm. */
function isRunning({ phase, steps, step }: Rollout): boolean {
  return phase === "shifting" && steps[0]?.status === "done" && steps[step]?.type === "analyze";
}

/** Null when a rule, not a draw, decides who gets the candidate. */
function nominalShare({ toRevision }: Rollout, { split }: RouteObservation): number | null {
  const weight = weightOf(split, toRevision);
  return weight > 0 && weight < FULL_WEIGHT ? weight / FULL_WEIGHT : null;
}

function countersOf({ stats }: RouteObservation, revisions: Arms): Arms {
  const exposures = (revision: number): number => {
    const found = stats.find((one) => one.revision === revision);
    return found?.exposures ?? found?.requests ?? 0;
  };
  return { stable: exposures(revisions.stable), candidate: exposures(revisions.candidate) };
}

function totalsOf({ judge: { judged }, counters, before }: StoredGoal, seen: Arms, counted: Arms): GoalTotals {
  const of = (arm: keyof Arms) => ({
    exposures: judged[arm].exposures + seen[arm] - counters[arm],
    goals: Math.max(0, counted[arm] - before[arm]),
  });
  return { stable: of("stable"), candidate: of("candidate") };
}

/** A count below the last one, of either arm, tells that the gateway began anew: then all that it counts of both is new. */
const baseOf = (last: Arms, now: Arms): Arms =>
  now.stable < last.stable || now.candidate < last.candidate ? { stable: 0, candidate: 0 } : last;

function decision(rollout: Rollout, { message, ...report }: GoalReport, now: Instant) {
  return {
    project: rollout.project,
    deployment: rollout.deployment,
    rollout: rollout.id,
    type: "rollout.goal.decided",
    message,
    alert: false,
    data: { ...report },
    at: new Date(now),
  };
}
