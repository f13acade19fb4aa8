import type { TestResult } from "../../candidate-test/candidate-test.ts";
import { candidateIsReady } from "../capacity.ts";
import { HEARTBEAT_MS, RECHECK_MS } from "../clock.ts";
import { skipsChecks } from "../course.ts";
import { fail } from "../failure.ts";
import type { Rollout } from "../rollout.ts";
import type { RollbackTrigger } from "../trigger.ts";
import type { Turn } from "../turn.ts";
import { uphold } from "./uphold.ts";

/** A reason quotes so many tests; the others are in the results. */
const QUOTED = 5;

/**
 * Whether tests are to be passed at all: those of the strategy, and none on the way to a revision that was promoted before. Of
 * several targets the first ones run them, for only they have instances.
 */
export const asksForTests = (rollout: Rollout): boolean =>
  rollout.strategy.tests !== null && rollout.waves === null && !skipsChecks(rollout);

/**
 * Tests run against the candidate itself, still at zero traffic. Left when every one has ended and none failed; a strategy
 * without tests passes at once. Failed ones are heard when all have ended, so that the reason names each.
 */
export function testing(turn: Turn): void {
  if (!uphold(turn)) return;
  if (asksForTests(turn.rollout) && !testsPassed(turn)) return;
  if (!turn.paused && candidateIsReady(turn.rollout, turn.facts)) turn.enter("shifting");
}

function testsPassed(turn: Turn): boolean {
  const { facts, now } = turn;
  if (facts.tests === null) {
    turn.wake(now + RECHECK_MS);
    return false;
  }
  turn.change({ tests: facts.tests });
  if (facts.tests.some((result) => result.status === "running")) {
    turn.wake(now + HEARTBEAT_MS);
    return false;
  }
  const failed = facts.tests.filter((result) => result.status === "failed" || result.status === "error");
  if (failed.length === 0) return true;
  fail(turn, { trigger: triggerOf(failed), reason: reasonOf(failed), cause: "tests" });
  return false;
}

/** The gravest of what failed: a hole in security, then wrong answers, then slow ones. */
function triggerOf(failed: readonly TestResult[]): RollbackTrigger {
  if (failed.some(({ type, status }) => type === "security" && status === "failed")) return "security_violation";
  const slow = failed.every(({ type, status }) => (type === "performance" || type === "load") && status === "failed");
  return slow ? "performance_degradation" : "test_failure";
}

function reasonOf(failed: readonly TestResult[]): string {
  const quoted = failed.slice(0, QUOTED).map((result) => `${result.name}: ${result.message}`);
  const more = failed.length - quoted.length;
  return `${failed.length === 1 ? "test" : "tests"} failed: ${quoted.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
