import { shownAddress } from "../../hidden.ts";
import type { Step } from "../../strategy/strategy.types.ts";
import { seconds } from "../../time.ts";
import { percentFromWeight } from "../../traffic/split.ts";
import { stepElapsed } from "../clock.ts";
import { replaceRest } from "../command.promote.ts";
import { candidateWeight } from "../course.ts";
import type { Rollout } from "../rollout.ts";
import { stepIsDone } from "../steps.ts";
import type { Turn } from "../turn.ts";
import { uphold } from "./uphold.ts";

/** What an A/B test says at its end when nobody ever reported its goal. */
export const NOTHING_REPORTED = "nobody won: no goal was reported while the test ran";

/** Runs the steps, one after the other. Left when the last is done; a step is never left while the candidate is short. */
export function shifting(turn: Turn): void {
  if (!turn.paused) begin(turn);
  if (!uphold(turn) || turn.paused) return;
  const step = turn.rollout.steps[turn.rollout.step];
  if (step === undefined) {
    turn.enter("monitoring");
    return;
  }
  if (stepIsDone(turn, step)) finish(turn, step);
}

function begin(turn: Turn): void {
  const { rollout, now } = turn;
  const step = rollout.steps[rollout.step];
  if (step?.status !== "pending") return;
  turn.changeStep(rollout.step, { status: "running", startedAt: startOf(rollout, step, now) });
  turn.change({ stepPausedMs: 0, noDataSince: null });
  turn.emit("rollout.step.started", `step ${rollout.step + 1} of ${rollout.steps.length}: ${describeStep(step)}`, {
    step: rollout.step,
    type: step.type,
  });
}

/**
 * A wait that follows a wait begins when that one was due, however late anybody looked: waits that passed while
 * nobody was there fold into one advance. Nothing else does, for everything else observes (edge case 38).
 */
function startOf(rollout: Rollout, step: Step, now: number): number {
  const previous = rollout.steps[rollout.step - 1];
  const folds = isTimed(step) && previous !== undefined && isTimed(previous) && previous.status === "done";
  return folds ? (previous.finishedAt ?? now) : now;
}

const isTimed = (step: Step): step is { type: "wait"; seconds: number } => step.type === "wait" && "seconds" in step;

function finish(turn: Turn, step: Step): void {
  const { rollout, now } = turn;
  const index = rollout.step;
  const overdue = isTimed(step) ? stepElapsed(rollout, now) - seconds(step.seconds) : 0;
  turn.changeStep(index, { status: "done", finishedAt: now - overdue });
  turn.change({ step: index + 1, stepPausedMs: 0, noDataSince: null });
  if (step.type === "setWeight" || step.type === "switch") {
    const weight = candidateWeight(rollout, rollout.desired.split);
    const message = `revision ${rollout.toRevision} gets ${percentFromWeight(weight)} % at every gateway`;
    turn.emit("rollout.weight.applied", message, { revision: rollout.toRevision, weight });
  }
  turn.emit("rollout.step.finished", `step ${index + 1} of ${rollout.steps.length} done: ${describeStep(step)}`, {
    step: index,
    type: step.type,
  });
  if (step.type === "analyze") decideTest(turn);
}

/** An A/B test with a goal promotes its winner only: where stable won, or nobody did, the last step gives stable everything. */
function decideTest(turn: Turn): void {
  const { strategy, goal, step } = turn.rollout;
  if (strategy.type !== "ab" || !strategy.promoteWinner || strategy.goal === null) return;
  const winner = goal?.winner ?? null;
  turn.emit("rollout.test.decided", goal?.message ?? NOTHING_REPORTED, { goal: strategy.goal, winner });
  if (winner !== "candidate") replaceRest(turn, step, { type: "setWeight", weight: 0 });
}

const regionOf = ({ region }: { region?: string | undefined }): string[] =>
  region === undefined ? [] : [`region ${region}`];

/** A step in a few words, for events and people. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case "setWeight":
      return `set weight to ${percentFromWeight(step.weight)} %`;
    case "wait":
      if ("seconds" in step) return `wait ${step.seconds} s`;
      return (step.approvals ?? 1) === 1 ? "wait for approval" : `wait for ${step.approvals} approvals`;
    case "analyze":
      return `analyze ${step.seconds} s`;
    case "mirror":
      return step.weight === 0 ? "stop mirroring" : `mirror ${percentFromWeight(step.weight)} %`;
    case "match":
      return `match ${[...Object.keys({ ...step.headers, ...step.cookies }), ...regionOf(step)].join(", ")}`;
    case "scale":
      return `scale to ${step.percentage} %`;
    case "switch":
      return "switch all traffic";
    case "hook":
      return `call ${shownAddress(step.url)}`;
    case "wave":
      return `deliver to ${step.targets.join(", ")}`;
  }
}
