import { describe, expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { allowedCommands } from "./allowed.ts";
import { abandonRollout, applyCommand, type InPlaceCommand } from "./command.ts";
import { ALLOWED_COMMANDS, COMMANDS, FORWARD_PHASES, PHASES } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { canary, newRollout, Story, shadow } from "./testing/fixtures.ts";

const context = { actor: "bob", comment: "looks good", now: 5_000, creator: "ada" };
const give = (rollout: Rollout, command: InPlaceCommand, changes: Partial<typeof context> = {}) =>
  applyCommand(rollout, command, { ...context, ...changes });

function refusal(action: () => unknown): SluiceError {
  try {
    action();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it was allowed");
}

const gated = { ...canary, steps: [{ setWeight: 10 }, { wait: { approval: true as const } }, { setWeight: 50 }] };

describe("a command", () => {
  test("that a phase does not take is refused, saying what it takes", () => {
    const error = refusal(() => give({ ...newRollout(), phase: "gating" }, "promote"));
    expect(error.code).toBe("failed_precondition");
    expect(error.message).toBe(
      "promote is not possible while the rollout is gating; allowed: reevaluate, pause, cancel",
    );
    expect(refusal(() => give({ ...newRollout(), phase: "rolling_back" }, "cancel")).message).toContain(
      "no command is allowed",
    );
  });

  test("that has no revision to go back to is refused for that, not for its phase", () => {
    const first = { ...newRollout({ from: null }), phase: "completed" as const };
    expect(refusal(() => give(first, "rollback")).message).toBe(
      "rollback is not possible: it is the first rollout of its deployment, and there is no revision before it; no command is allowed",
    );
    expect(refusal(() => give({ ...first, phase: "gating" }, "rollback")).message).toContain(
      "while the rollout is gating",
    );
  });

  test("is never offered beyond the table of phases", () => {
    for (const phase of PHASES) {
      for (const command of allowedCommands({ ...newRollout(), phase }))
        expect(ALLOWED_COMMANDS[phase]).toContain(command);
    }
  });

  test("that is offered is accepted", () => {
    for (const phase of PHASES.filter((name) => name !== "completed")) {
      const rollout = { ...newRollout(), phase };
      for (const command of allowedCommands(rollout).filter((name) => name !== "retry")) {
        expect(give(rollout, command).events.length).toBeGreaterThan(0);
      }
    }
    expect(COMMANDS).toHaveLength(9);
  });
});

describe("approve", () => {
  const waiting = (): Rollout => ({ ...newRollout({ requiredApprovals: 2 }), phase: "awaiting_approval" });

  test("is kept with who, when and why", () => {
    const { rollout, events } = give(waiting(), "approve");
    expect(rollout.approvals).toEqual([{ actor: "bob", comment: "looks good", at: 5_000, step: null }]);
    expect(events.map((event) => event.message)).toEqual(["approved by bob: looks good"]);
  });

  test("is refused to whoever asked for the rollout when four eyes are required, and to nobody else", () => {
    expect(refusal(() => give(waiting(), "approve", { actor: "ada" })).code).toBe("permission_denied");
    expect(give({ ...waiting(), fourEyes: false }, "approve", { actor: "ada" }).rollout.approvals).toHaveLength(1);
  });

  test("counts once a person", () => {
    const once = give(waiting(), "approve").rollout;
    expect(refusal(() => give(once, "approve")).message).toContain("has approved already");
    expect(give(once, "approve", { actor: "eve" }).rollout.approvals).toHaveLength(2);
  });

  test("lets a step that waits for it pass, also by somebody who approved the start", () => {
    const story = new Story(newRollout({ strategy: gated })).runTo("shifting", 1);
    expect(allowedCommands(story.rollout)).toContain("approve");
    story.rollout = give(
      { ...story.rollout, approvals: [{ actor: "bob", comment: "", at: 0, step: null }] },
      "approve",
    ).rollout;
    expect([story.rollout.step, story.rollout.steps[1]?.status]).toEqual([2, "done"]);
    expect(allowedCommands(story.rollout)).not.toContain("approve");
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });
});

describe("promote over a step that asks people", () => {
  const story = () => new Story(newRollout({ strategy: gated })).runTo("shifting", 1).rollout;

  test("is an approval: refused to whoever asked for the rollout, and to whoever may not approve", () => {
    expect(refusal(() => give(story(), "promote", { actor: "ada" })).code).toBe("permission_denied");
    const others = { ...story(), approvers: ["eve"] };
    expect(refusal(() => give(others, "promote")).message).toContain("eve");
    expect(give(others, "promote", { actor: "eve" }).rollout.steps.at(-1)).toMatchObject({ type: "setWeight" });
  });

  test("stands in for one person and no more", () => {
    const [first, , ...rest] = story().steps;
    if (first === undefined) throw new Error("there are no steps");
    const asks = { ...first, type: "wait", approval: true, approvals: 2, status: "running" } as const;
    const rollout = { ...story(), steps: [first, asks, ...rest], step: 1 };
    expect(allowedCommands(rollout)).not.toContain("promote");
    const once = give(rollout, "approve", { actor: "bob" }).rollout;
    expect(allowedCommands(once)).toContain("promote");
  });
});

describe("reject", () => {
  test("cancels before anything was started, and turns back afterwards", () => {
    const early = give({ ...newRollout(), phase: "awaiting_approval" }, "reject", { comment: "too risky" });
    expect(early.rollout).toMatchObject({ phase: "cancelled", reason: "rejected by bob: too risky" });
    const story = new Story(newRollout({ strategy: gated })).runTo("shifting", 1);
    const late = give(story.rollout, "reject");
    expect(late.rollout).toMatchObject({ phase: "rolling_back", returningTo: "rolled_back" });
    expect(late.events.some((event) => event.alert)).toBe(true);
  });
});

describe("pause and resume", () => {
  test("exclude each other", () => {
    const paused = give(newRollout(), "pause").rollout;
    expect(allowedCommands(paused)).toEqual(["resume", "cancel"]);
    expect(refusal(() => give(paused, "pause")).message).toContain("queued (paused)");
    expect(allowedCommands(give(paused, "resume").rollout)).toEqual(["pause", "cancel"]);
  });

  test("a paused rollout in the queue stays there", () => {
    const story = new Story(give(newRollout(), "pause").rollout);
    story.run(100);
    expect(story.rollout.phase).toBe("queued");
    story.rollout = give(story.rollout, "resume", { now: story.now }).rollout;
    expect(story.look().rollout.phase).toBe("preparing");
  });

  test("move every clock by the length of the pause, and by nothing when the clock was set back", () => {
    // edge case 35
    const held = {
      ...newRollout(),
      phase: "shifting" as const,
      pausedAt: 10_000,
      unavailableSince: 4_000,
      noDataSince: 3_000,
    };
    expect(give(held, "resume", { now: 16_000 }).rollout).toMatchObject({
      pausedMs: 6_000,
      stepPausedMs: 6_000,
      unavailableSince: 10_000,
      noDataSince: null,
    });
    expect(give(held, "resume", { now: 2_000 }).rollout).toMatchObject({ pausedMs: 0, unavailableSince: 4_000 });
  });
});

describe("promote", () => {
  test("skips the steps that are left, and still waits for instances and the verified weight", () => {
    // edge case 19
    const story = new Story().runTo("shifting", 1);
    story.rollout = give(story.rollout, "promote", { now: story.now }).rollout;
    expect(story.rollout.steps.map((step) => step.status)).toEqual([
      "done",
      "skipped",
      "skipped",
      "skipped",
      "skipped",
      "pending",
    ]);
    story.look();
    expect(story.weight).toBe(500);
    story.obey();
    story.look();
    expect([story.weight, story.rollout.phase]).toEqual([10_000, "shifting"]);
    story.setTraffic({ verified: false });
    story.run(100);
    expect(story.rollout.phase).toBe("shifting");
    story.setTraffic({ verified: true });
    story.runTo("completed");
  });

  test("resumes a paused rollout, and in monitoring ends the bake", () => {
    const story = new Story().runTo("shifting", 1);
    story.rollout = give(story.rollout, "pause", { now: story.now }).rollout;
    story.rollout = give(story.rollout, "promote", { now: story.now }).rollout;
    expect(story.rollout.pausedAt).toBeNull();
    story.runTo("monitoring");
    story.rollout = give(story.rollout, "promote", { now: story.now }).rollout;
    story.run(3);
    expect(story.rollout.phase).toBe("completed");
  });

  test("ends a shadow without serving its answers", () => {
    const story = new Story(newRollout({ strategy: shadow })).runTo("shifting", 1);
    story.rollout = give(story.rollout, "promote", { now: story.now }).rollout;
    story.runTo("completed");
    expect(story.weight).toBe(0);
  });
});

describe("cancel and rollback", () => {
  test("before anything was started, cancel ends the rollout at once", () => {
    for (const phase of ["queued", "validating", "awaiting_approval", "gating"] as const) {
      expect(give({ ...newRollout(), phase }, "cancel").rollout.phase).toBe("cancelled");
    }
  });

  test("afterwards both go back to stable first", () => {
    for (const phase of ["preparing", "testing", "shifting", "monitoring"] as const) {
      expect(give({ ...newRollout(), phase }, "cancel").rollout).toMatchObject({
        phase: "rolling_back",
        returningTo: "cancelled",
      });
      expect(give({ ...newRollout(), phase }, "rollback").rollout).toMatchObject({
        phase: "rolling_back",
        returningTo: "rolled_back",
      });
    }
  });

  test("a first delivery can be cancelled, but has nothing to roll back to", () => {
    const first: Rollout = { ...newRollout({ from: null }), phase: "shifting" };
    expect(allowedCommands(first)).toEqual(["pause", "promote", "cancel"]);
  });
});

describe("the deletion of the deployment", () => {
  test.each(FORWARD_PHASES)("ends a rollout in %s at once", (phase) => {
    const { rollout } = abandonRollout({ ...newRollout(), phase, pausedAt: 1 }, context);
    expect(rollout).toMatchObject({
      phase: "cancelled",
      reason: "the deployment was deleted by bob",
      finishedAt: 5_000,
    });
  });

  test("ends a way back with the outcome and the reason that it had", () => {
    const back = { ...newRollout(), phase: "rolling_back", returningTo: "rolled_back", reason: "it failed" } as const;
    expect(abandonRollout(back, context).rollout).toMatchObject({ phase: "rolled_back", reason: "it failed" });
  });
});
