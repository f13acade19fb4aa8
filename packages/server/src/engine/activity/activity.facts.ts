import type { Facts, Rollout, TestResult } from "@sluice/core";
import type { Loaded } from "../load.ts";
import { demandOf, type StoredActivity } from "./activity.store.ts";

/** What each kind of long work finds. */
interface Found {
  checks: NonNullable<Facts["validations"]>;
  gates: NonNullable<Facts["gates"]>;
  tests: TestResult[];
}

/**
 * What was found for the rollout's present demand, so far while the work runs; null before anything was. The work wrote it
 * itself: it is of its kind.
 */
function foundBy<K extends keyof Found>(rollout: Rollout, activity: StoredActivity | null, kind: K): Found[K] | null {
  const answers = activity?.kind === kind && activity.demand === demandOf(rollout, kind).demand;
  return answers ? (activity.result as Found[K] | null) : null;
}

/** Checks that run as long work; null until all have ended. */
export const checksFound = (rollout: Rollout, { activity }: Loaded): Facts["validations"] =>
  activity?.status === "succeeded" ? foundBy(rollout, activity, "checks") : null;

/**
 * The last judgement of the gates while the rollout is at them; afterwards the one that it left them with. Before them nothing
 * is known: a rollout may go through several phases in one look, and must not find the gates passed when it comes to them.
 */
export function gatesFact(rollout: Rollout, { activity, gated }: Pick<Loaded, "activity" | "gated">): Facts["gates"] {
  if (rollout.phase !== "gating") return gated && rollout.gates.length === 0 ? null : rollout.gates;
  // Where nothing asks there is nothing to run either, which is how most rollouts pass.
  return gated || activity !== null ? foundBy(rollout, activity, "gates") : [];
}

/**
 * The tests so far while the rollout is at them; afterwards those that it left with. As long as the work goes on something
 * is `running`, whatever it has reported: results that happen to be good so far let nobody pass. Before them nothing is known,
 * as with the gates.
 */
export function testsFact(rollout: Rollout, { activity }: Pick<Loaded, "activity">): Facts["tests"] {
  if (rollout.strategy.tests === null) return [];
  if (rollout.phase !== "testing") return rollout.tests.length === 0 ? null : rollout.tests;
  const found = foundBy(rollout, activity, "tests");
  // What a broken attempt had found does not count: they are run again.
  if (found === null || activity === null || activity.status === "failed") return null;
  if (activity.status === "succeeded") return found;
  return found.some((result) => result.status === "running") ? found : [...found, stillRunning(activity)];
}

const stillRunning = ({ startedAt }: StoredActivity): TestResult => ({
  name: "tests",
  type: "functional",
  status: "running",
  metrics: {},
  message: "the tests have not come to an end yet",
  logs: [],
  executionMs: 0,
  at: startedAt,
});
